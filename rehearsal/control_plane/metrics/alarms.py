"""Evaluates every alarm once a minute, when the data points of a minute have come in."""

from __future__ import annotations

import json
from typing import Any, cast

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from rehearsal.control_plane.clock import timestamp
from rehearsal.control_plane.metrics.alarm_decision import (
    MISSING,
    AlarmCondition,
    AlarmVerdict,
    judged,
)
from rehearsal.control_plane.metrics.expression import Points
from rehearsal.control_plane.metrics.query import Querier
from rehearsal.control_plane.metrics.store import MINUTE_SECONDS
from rehearsal.control_plane.world import World


def evaluate_alarms(world: World, now: float) -> None:
    """Evaluate the alarms that are due. The caller holds the world's lock."""
    for _, _, backend in list(cloudwatch_backends.iter_backends()):
        assert isinstance(backend, CloudWatchBackend)
        for alarm in backend.alarms.values():
            due = _evaluation(world, now)
            if world.alarm_evaluations.get(alarm.alarm_arn) == due:
                continue
            world.alarm_evaluations[alarm.alarm_arn] = due
            place = (backend.account_id, backend.region_name)
            _evaluate(alarm, Querier(world.metrics, place, now), world, now)


def _evaluation(world: World, now: float) -> int:
    """The number of the evaluation that is due: one when each minute's data points have come in."""
    return int((now - world.metric_lag_seconds) // MINUTE_SECONDS)


def _evaluate(alarm: Alarm, querier: Querier, world: World, now: float) -> None:
    condition = condition_of(alarm)
    period = _period_of(alarm)
    end = (now - world.metric_lag_seconds) // period * period
    span = (end - condition.looked_at * period, end)
    found = _points(alarm, querier, span, period)
    moments = [int(end - number * period) for number in range(1, condition.looked_at + 1)]
    verdict = judged(condition, [found.get(at) for at in moments])
    if verdict is not None:
        _take(alarm, verdict, condition, period, now)


def condition_of(alarm: Alarm) -> AlarmCondition:
    """When moto's alarm `alarm` is in ALARM."""
    return AlarmCondition(
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold),
        evaluation_periods=int(alarm.evaluation_periods),
        datapoints_to_alarm=int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        treat_missing=alarm.treat_missing_data or MISSING,
    )


def _period_of(alarm: Alarm) -> int:
    if not alarm.metric_data_queries:
        return int(alarm.period)
    periods = [q.metric_stat.period for q in alarm.metric_data_queries if q.metric_stat]
    return max(int(period) for period in periods)


def _points(alarm: Alarm, querier: Querier, span: tuple[float, float], period: int) -> Points:
    if alarm.metric_data_queries:
        asked: list[Any] = list(alarm.metric_data_queries)
        returned = next(query for query in asked if query.return_data is not False)
        return querier.results([_query(query) for query in asked], span)[returned.id]
    metric = querier.metric(
        {
            "Namespace": alarm.namespace,
            "MetricName": alarm.metric_name,
            "Dimensions": [{"Name": d.name, "Value": d.value} for d in alarm.dimensions],
        }
    )
    statistic = alarm.extended_statistic or alarm.statistic
    return querier.values(metric, span, period, statistic)


def _query(query: Any) -> dict[str, Any]:
    """A query of moto's, of an alarm, in the API's form."""
    if query.metric_stat is None:
        return {"Id": query.id, "Expression": query.expression}
    metric = query.metric_stat.metric
    dimensions = [{"Name": d.name, "Value": d.value} for d in metric.dimensions]
    return {
        "Id": query.id,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.metric_name,
                "Dimensions": dimensions,
            },
            "Period": query.metric_stat.period,
            "Stat": query.metric_stat.stat,
        },
    }


def _take(
    alarm: Alarm, verdict: AlarmVerdict, condition: AlarmCondition, period: int, now: float
) -> None:
    """Give the alarm its state, where it differs from the one it has."""
    if verdict.state == alarm.state_value:
        return
    data = {
        "version": "1.0",
        "queryDate": timestamp(now).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "period": period,
        "recentDatapoints": list(reversed(verdict.values)),
        "threshold": condition.threshold,
    }
    untyped = cast("Any", alarm)
    untyped.update_state(verdict.reason, json.dumps(data), verdict.state)
    untyped.state_updated_timestamp = timestamp(now)
