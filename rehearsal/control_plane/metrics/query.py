"""Asks the store for statistics, as GetMetricStatistics, GetMetricData and alarms do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.control_plane.metrics.distribution import check_statistic
from rehearsal.control_plane.metrics.expression import (
    ExpressionError,
    Points,
    evaluated,
    ids_in,
)
from rehearsal.control_plane.metrics.store import MINUTE_SECONDS, Metric, MetricStore, in_periods

Place = tuple[str, str]
"""Account id and region."""

HIGH_RESOLUTION = (1, 5, 10, 20, 30)


class QueryError(ValueError):
    """A query that CloudWatch refuses, or that the rehearsal does not do."""


def dimensions_of(listed: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """Dimensions, from the API's list of names and values."""
    return {entry["Name"]: entry["Value"] for entry in listed or ()}


def check_period(period: int) -> None:
    """Refuse a period that CloudWatch has not.

    Raises:
        QueryError: it is not 1, 5, 10, 20, 30 or a multiple of 60.
    """
    if period not in HIGH_RESOLUTION and (period < MINUTE_SECONDS or period % MINUTE_SECONDS):
        raise QueryError(
            f"The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, not {period}"
        )


class Querier:
    """Answers queries on the metrics of one account and region, as they can be seen at `now`."""

    def __init__(self, store: MetricStore, place: Place, now: float) -> None:
        self._store, self._place, self._now = store, place, now

    def metric(self, document: Mapping[str, Any]) -> Metric:
        """The metric that a document of the API names."""
        return Metric.of(
            self._place,
            document["Namespace"],
            document["MetricName"],
            dimensions_of(document.get("Dimensions")),
        )

    def values(
        self, metric: Metric, span: tuple[float, float], period: int, statistic: str
    ) -> Points:
        """A statistic of each period within `span` that has data, by the period's beginning."""
        check_statistic(statistic)
        start, end = span
        points = in_periods(self._store.points(metric, start, end, self._now), start, period)
        found = {at: point.statistic(statistic) for at, point in points.items()}
        return {at: value for at, value in found.items() if value is not None}

    def results(
        self, queries: Sequence[Mapping[str, Any]], span: tuple[float, float]
    ) -> dict[str, Points]:
        """The series of each query of GetMetricData, by its id; expressions use the others.

        Raises:
            QueryError: a query that is neither, or whose period or expression cannot be.
            UnsupportedStatisticError: a statistic that the rehearsal has not.
        """
        found: dict[str, Points] = {}
        for query in queries:
            if "MetricStat" in query:
                asked = query["MetricStat"]
                period = int(asked["Period"])
                check_period(period)
                aligned = (span[0] // period * period, span[1])
                found[query["Id"]] = self.values(
                    self.metric(asked["Metric"]), aligned, period, asked["Stat"]
                )
        waiting = {q["Id"]: q["Expression"] for q in queries if "MetricStat" not in q}
        while waiting:
            ready = [name for name, text in waiting.items() if not ids_in(text) & set(waiting)]
            if not ready:
                raise QueryError(f"the expressions {', '.join(waiting)} need each other")
            for name in ready:
                found[name] = _evaluated(waiting.pop(name), found)
        return found


def _evaluated(expression: str, series: Mapping[str, Points]) -> Points:
    try:
        return evaluated(expression, series)
    except ExpressionError as error:
        raise QueryError(str(error)) from error
