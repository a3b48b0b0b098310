"""Evaluates every alarm once a minute, when the data points of a minute have come in.

The decision is pure: the state of an alarm follows from its data points.
Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from rehearsal.control_plane.metrics.query import Points, Querier
from rehearsal.control_plane.metrics.store import MINUTE_SECONDS
from rehearsal.control_plane.world import World, timestamp

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

MISSING, IGNORE, BREACHING, NOT_BREACHING = "missing", "ignore", "breaching", "notBreaching"
TREATMENTS = (MISSING, IGNORE, BREACHING, NOT_BREACHING)

EXTRA_PERIODS = 2
"""How many more periods are looked at than are judged, in case some have no data."""

_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
COMPARISONS = tuple(_COMPARISONS)


@dataclass(frozen=True, slots=True)
class AlarmCondition:
    """When an alarm is in ALARM: M of the last N data points breach the threshold."""

    comparison: str
    threshold: float
    evaluation_periods: int
    """N."""
    datapoints_to_alarm: int
    """M."""
    treat_missing: str

    @property
    def looked_at(self) -> int:
        """How many periods are looked at."""
        return self.evaluation_periods + EXTRA_PERIODS

    def breaches(self, value: float) -> bool:
        """Whether a value is beyond the threshold."""
        return _COMPARISONS[self.comparison][0](value, self.threshold)

    @property
    def in_words(self) -> str:
        """`greater than the threshold (1.0)`."""
        return f"{_COMPARISONS[self.comparison][1]} the threshold ({self.threshold:.1f})"


@dataclass(frozen=True, slots=True)
class AlarmVerdict:
    """The state that an alarm is to have, and why, in CloudWatch's words."""

    state: str
    reason: str
    values: tuple[float, ...]
    """The data points that it was judged by, the latest first."""


def judged(condition: AlarmCondition, points: Sequence[float | None]) -> AlarmVerdict | None:
    """The state that follows from data points; None where it stays what it is.

    Args:
        condition: The alarm's.
        points: One a period, the latest first; None where there is no data. As many as the
            condition looks at: the ones beyond the evaluation periods count only for those that are
            missing.
    """
    real = tuple(p for p in points if p is not None)[: condition.evaluation_periods]
    breaching = sum(condition.breaches(value) for value in real)
    filled = condition.evaluation_periods - len(real)
    if breaching >= condition.datapoints_to_alarm:
        return _crossed(condition, real, breaching, 0)
    if condition.treat_missing == BREACHING:
        if breaching + filled >= condition.datapoints_to_alarm:
            return _crossed(condition, real, breaching, filled)
        return _fine(condition, real, breaching)
    if condition.treat_missing == NOT_BREACHING or filled == 0 or breaching < len(real):
        return _fine(condition, real, breaching)
    if condition.treat_missing == IGNORE:
        return None
    if not real:
        periods = condition.evaluation_periods
        were = "datapoint was" if periods == 1 else "datapoints were"
        return AlarmVerdict(INSUFFICIENT_DATA, f"Insufficient Data: {periods} {were} unknown.", ())
    return _crossed(condition, real, breaching, 0)


def _crossed(
    condition: AlarmCondition, real: tuple[float, ...], breaching: int, filled: int
) -> AlarmVerdict:
    needed = condition.datapoints_to_alarm
    if not real:
        reason = (
            f"Threshold Crossed: no datapoints were received for {filled} periods and {filled} "
            "missing datapoints were treated as [Breaching]."
        )
        return AlarmVerdict(ALARM, reason, real)
    were = "was" if breaching == 1 else "were"
    reason = (
        f"Threshold Crossed: {breaching} out of the last {len(real)} datapoints {_shown(real)} "
        f"{were} {condition.in_words} (minimum {needed} {_noun(needed)} for OK -> ALARM "
        "transition)."
    )
    return AlarmVerdict(ALARM, reason, real)


def _fine(condition: AlarmCondition, real: tuple[float, ...], breaching: int) -> AlarmVerdict:
    if not real:
        periods = condition.evaluation_periods
        reason = (
            f"Threshold Crossed: no datapoints were received for {periods} {_period(periods)} and "
            f"{periods} missing {_noun(periods)} {'was' if periods == 1 else 'were'} treated as "
            "[NonBreaching]."
        )
        return AlarmVerdict(OK, reason, real)
    within = len(real) - breaching
    needed = max(1, condition.evaluation_periods - condition.datapoints_to_alarm + 1)
    were = "was" if within == 1 else "were"
    reason = (
        f"Threshold Crossed: {within} out of the last {len(real)} datapoints {_shown(real)} "
        f"{were} not {condition.in_words} (minimum {needed} {_noun(needed)} for ALARM -> OK "
        "transition)."
    )
    return AlarmVerdict(OK, reason, real)


def _shown(values: Sequence[float]) -> str:
    return f"[{', '.join(str(float(value)) for value in values)}]"


def _noun(count: int) -> str:
    return "datapoint" if count == 1 else "datapoints"


def _period(count: int) -> str:
    return "period" if count == 1 else "periods"


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
