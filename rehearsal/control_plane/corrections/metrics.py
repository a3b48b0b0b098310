"""Metrics: what is put and what the load balancers measure, asked for in CloudWatch's ways."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Generator
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue
from moto.cloudwatch.exceptions import ValidationError as CloudWatchValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.metrics.query import (
    Querier,
    QueryError,
    check_period,
    dimensions_of,
)
from rehearsal.control_plane.metrics.store import (
    AT_ONCE,
    MINUTE_SECONDS,
    Distribution,
    Metric,
    UnsupportedStatisticError,
    check_statistic,
    in_periods,
)
from rehearsal.control_plane.world import World, epoch_of, timestamp

_Original = Callable[..., Any]

MOST_POINTS = 1440
"""Data points that one GetMetricStatistics may ask for. Source: CloudWatch API Reference."""


def querier_of(world: World, backend: CloudWatchBackend) -> Querier:
    """Queries on the metrics of a backend's account and region, as of now."""
    return Querier(world.metrics, _place(backend), world.clock.now())


def _place(backend: CloudWatchBackend) -> tuple[str, str]:
    return backend.account_id, backend.region_name


@contextlib.contextmanager
def in_cloudwatch_words() -> Generator[None]:
    """Turn what cannot be asked into CloudWatch's own errors."""
    try:
        yield
    except (QueryError, UnsupportedStatisticError) as error:
        raise CloudWatchValidationError(str(error)) from error


def _put(
    world: World,
    original: _Original,
    self: CloudWatchBackend,
    namespace: str,
    metric_data: list[dict[str, Any]],
) -> None:
    del original
    for number, datum in enumerate(metric_data, 1):
        self._validate_parameters_put_metric_data(datum, number)
    for datum in metric_data:
        moment = datum.get("Timestamp")
        at = world.clock.now() if moment is None else epoch_of(moment)
        world.metrics.add(
            Metric.of(_place(self), namespace, datum["MetricName"], _dimensions(datum)),
            int(at // MINUTE_SECONDS) * MINUTE_SECONDS,
            _samples(datum),
            datum.get("Unit") or "None",
            AT_ONCE,
        )


def _dimensions(document: dict[str, Any]) -> dict[str, str]:
    return dimensions_of(document.get("Dimensions"))


def _samples(datum: dict[str, Any]) -> Distribution:
    known = datum.get("StatisticValues")
    if known:
        return Distribution(
            float(known["SampleCount"]),
            float(known["Sum"]),
            float(known["Minimum"]),
            float(known["Maximum"]),
        )
    if not datum.get("Values"):
        return Distribution.of(float(datum.get("Value", 0.0)))
    values = [float(value) for value in datum["Values"]]
    counts = [float(count) for count in datum.get("Counts") or [1.0] * len(values)]
    total = sum(value * count for value, count in zip(values, counts, strict=True))
    pairs = tuple(zip(values, counts, strict=True))
    return Distribution(sum(counts), total, min(values), max(values), pairs)


def _span(params: dict[str, Any]) -> tuple[float, float]:
    """From the start, rounded down to its minute, to the end.

    Raises:
        CloudWatchValidationError: the end is not after the start.
    """
    start, end = _epoch(params["StartTime"]), _epoch(params["EndTime"])
    if end <= start:
        raise CloudWatchValidationError("The parameter EndTime must be greater than StartTime.")
    return start // MINUTE_SECONDS * MINUTE_SECONDS, end


def _epoch(moment: Any) -> float:
    return epoch_of(moment) if isinstance(moment, datetime.datetime) else float(moment)


def _statistics(world: World, original: _Original, self: CloudWatchResponse) -> ActionResult:
    del original
    params = self._get_params()
    plain: list[str] = params.get("Statistics") or []
    extended: list[str] = params.get("ExtendedStatistics") or []
    if not plain and not extended:
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    span, period = _span(params), int(params["Period"])
    if (span[1] - span[0]) / period > MOST_POINTS:
        raise InvalidParameterCombination(
            f"You have requested more than {MOST_POINTS} data points, which is the limit. You may "
            "reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    backend = self.cloudwatch_backend
    metric = querier_of(world, backend).metric(params)
    with in_cloudwatch_words():
        check_period(period)
        for name in (*plain, *extended):
            check_statistic(name)
    found = world.metrics.points(metric, *span, world.clock.now())
    unit = world.metrics.unit_of(metric) or "None"
    datapoints = [
        _datapoint(at, point, plain, extended, unit)
        for at, point in in_periods(found, span[0], period).items()
        if params.get("Unit") in (None, unit)
    ]
    return ActionResult({"Label": params["MetricName"], "Datapoints": datapoints})


def _datapoint(
    at: int, point: Distribution, plain: list[str], extended: list[str], unit: str
) -> dict[str, Any]:
    shown: dict[str, Any] = {"Timestamp": timestamp(at), "Unit": unit}
    shown |= {name: point.statistic(name) for name in plain}
    if extended:
        known = {name: point.statistic(name) for name in extended}
        shown["ExtendedStatistics"] = {n: v for n, v in known.items() if v is not None}
    return shown


def _data(world: World, original: _Original, self: CloudWatchResponse) -> ActionResult:
    del original
    params = self._get_params()
    queries: list[dict[str, Any]] = params.get("MetricDataQueries") or []
    for number, query in enumerate(queries, 1):
        if ("MetricStat" in query) == ("Expression" in query):
            raise CloudWatchValidationError(
                f"The parameter MetricDataQueries.member.{number} must have either MetricStat or "
                "Expression."
            )
    if params.get("NextToken"):
        raise InvalidParameterValue("Request parameter NextToken is invalid")
    with in_cloudwatch_words():
        found = querier_of(world, self.cloudwatch_backend).results(queries, _span(params))
    is_newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    return ActionResult(
        {
            "MetricDataResults": [
                _result(query, found[query["Id"]], is_newest_first=is_newest_first)
                for query in queries
                if query.get("ReturnData", True)
            ],
            "Messages": [],
        }
    )


def _result(
    query: dict[str, Any], points: dict[int, float], *, is_newest_first: bool
) -> dict[str, Any]:
    moments = sorted(points, reverse=is_newest_first)
    named = query.get("MetricStat", {}).get("Metric", {}).get("MetricName")
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or named or query["Id"],
        "Timestamps": [timestamp(at) for at in moments],
        "Values": [points[at] for at in moments],
        "StatusCode": "Complete",
    }


def _list(world: World, original: _Original, self: CloudWatchResponse) -> ActionResult:
    del original
    params = self._get_params()
    wanted: list[dict[str, str]] = params.get("Dimensions") or []
    backend = self.cloudwatch_backend
    listed = [
        {
            "Namespace": metric.namespace,
            "MetricName": metric.name,
            "Dimensions": [{"Name": n, "Value": v} for n, v in metric.dimensions],
        }
        for metric in world.metrics.listed(world.clock.now())
        if (metric.account_id, metric.region) == _place(backend)
        and params.get("Namespace") in (None, metric.namespace)
        and params.get("MetricName") in (None, metric.name)
        and all(_has(metric, entry) for entry in wanted)
    ]
    return ActionResult({"Metrics": listed})


def _has(metric: Metric, wanted: dict[str, str]) -> bool:
    value = dict(metric.dimensions).get(wanted["Name"])
    return value is not None and wanted.get("Value") in (None, value)


METRICS = Correction(
    name="metrics",
    moto="Only what was put is there; no percentiles, no metric math, inexact dimensions.",
    aws=(
        "Load balancers measure; a metric is named by exactly its dimensions; percentiles and "
        "arithmetic on metrics work."
    ),
    changes=(
        Replace(CloudWatchBackend, "put_metric_data", _put),
        Replace(CloudWatchResponse, "get_metric_statistics", _statistics),
        Replace(CloudWatchResponse, "get_metric_data", _data),
        Replace(CloudWatchResponse, "list_metrics", _list),
    ),
)
