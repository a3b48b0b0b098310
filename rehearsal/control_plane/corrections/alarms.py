"""Alarms: checked when they are put; their state follows the metrics, see `metrics.alarms`."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination
from moto.cloudwatch.exceptions import ValidationError as CloudWatchValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.corrections.metrics import in_cloudwatch_words, querier_of
from rehearsal.control_plane.metrics.alarms import (
    COMPARISONS,
    INSUFFICIENT_DATA,
    MISSING,
    TREATMENTS,
)
from rehearsal.control_plane.metrics.query import check_period
from rehearsal.control_plane.metrics.store import check_statistic
from rehearsal.control_plane.world import World, timestamp

_Original = Callable[..., Any]


def _put(world: World, original: _Original, self: CloudWatchResponse) -> ActionResult:
    params = self._get_params()
    with in_cloudwatch_words():
        _check(params)
        _check_metric(world, self.cloudwatch_backend, params)
    backend = self.cloudwatch_backend
    before = backend.alarms.get(params["AlarmName"])
    result = original(self)
    alarm: Any = backend.alarms[params["AlarmName"]]
    now = timestamp(world.clock.now())
    alarm.state_value, alarm.state_updated_timestamp = INSUFFICIENT_DATA, now
    alarm.configuration_updated_timestamp = now
    if before is not None:
        _keep_state(alarm, before)
    world.alarm_evaluations.pop(alarm.alarm_arn, None)
    return result


def _keep_state(alarm: Any, before: Alarm) -> None:
    """An alarm that is put again keeps its state until it is evaluated."""
    alarm.state_value = before.state_value
    alarm.state_reason = before.state_reason
    alarm.state_reason_data = before.state_reason_data
    alarm.state_updated_timestamp = before.state_updated_timestamp
    alarm.history = before.history


def _check(params: dict[str, Any]) -> None:
    """Refuse what AWS refuses, and what the rehearsal does not evaluate."""
    for unsupported in ("ThresholdMetricId", "AlarmRule"):
        if params.get(unsupported):
            raise CloudWatchValidationError(f"{unsupported}: not supported by the rehearsal")
    comparison = params.get("ComparisonOperator")
    if comparison not in COMPARISONS:
        raise CloudWatchValidationError(
            f"ComparisonOperator {comparison}: not supported by the rehearsal"
        )
    treatment = params.get("TreatMissingData") or MISSING
    if treatment not in TREATMENTS:
        raise CloudWatchValidationError(
            f"Option {treatment} is not supported. Supported options for parameter "
            f"TreatMissingData are {', '.join(TREATMENTS)}."
        )
    periods = int(params["EvaluationPeriods"])
    needed = int(params.get("DatapointsToAlarm") or periods)
    if needed > periods:
        raise CloudWatchValidationError(
            "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
        )


def _check_metric(world: World, backend: CloudWatchBackend, params: dict[str, Any]) -> None:
    """Refuse a metric that cannot be asked for: a percentile and a sum at once, an odd period."""
    queries: list[dict[str, Any]] = params.get("Metrics") or []
    if queries:
        now = world.clock.now()
        querier_of(world, backend).results(queries, (now - 1, now))
        return
    statistics = [params[n] for n in ("Statistic", "ExtendedStatistic") if params.get(n)]
    if len(statistics) != 1 or not params.get("MetricName"):
        raise InvalidParameterCombination(
            "Exactly one of Statistic, ExtendedStatistic and Metrics must be specified, and "
            "MetricName with the first two"
        )
    check_statistic(statistics[0])
    check_period(int(params["Period"]))


def _delete(
    world: World, original: _Original, self: CloudWatchBackend, alarm_names: list[str]
) -> None:
    for name in alarm_names:
        if name in self.alarms:
            world.alarm_evaluations.pop(self.alarms[name].alarm_arn, None)
    original(self, alarm_names)


ALARMS = Correction(
    name="alarms",
    moto="An alarm is OK and stays so; putting it again resets its state.",
    aws=(
        "It begins with INSUFFICIENT_DATA and is evaluated each minute; putting it again keeps its "
        "state until then. A state that was set by hand lasts as long."
    ),
    changes=(
        Replace(CloudWatchResponse, "put_metric_alarm", _put),
        Replace(CloudWatchBackend, "delete_alarms", _delete),
    ),
)
