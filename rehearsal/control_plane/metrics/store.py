"""Every data point of every metric: its samples, their statistics, and when it can be seen."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")

MINUTE_SECONDS = 60
KEPT_SECONDS = 12 * 3600
"""AWS keeps data points of a minute for 15 days; no rehearsal lasts that long."""

AT_ONCE = -float(MINUTE_SECONDS)
"""Of a `Series.delivered_by`: a data point can be seen from the beginning of its minute."""


class UnsupportedStatisticError(ValueError):
    """A statistic that CloudWatch has, or has not, and the rehearsal has not."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Samples: how many, their sum, their bounds, and how often there was which value."""

    count: float
    total: float
    least: float
    greatest: float
    values: tuple[tuple[float, float], ...] = ()
    """Value and how often; empty where only the other four are known."""

    @classmethod
    def of(cls, value: float, count: float = 1.0) -> Distribution:
        """The same value, so many times."""
        return cls(count, value * count, value, value, ((value, count),))

    def statistic(self, name: str) -> float | None:
        """One statistic; None for a percentile of samples of which no value is known.

        Raises:
            UnsupportedStatisticError: no statistic that is known here.
        """
        check_statistic(name)
        match name:
            case "SampleCount":
                return self.count
            case "Sum":
                return self.total
            case "Average":
                return self.total / self.count
            case "Minimum":
                return self.least
            case "Maximum":
                return self.greatest
            case _:
                return self._percentile(float(name[1:]))

    def _percentile(self, percent: float) -> float | None:
        """The least value that is not below `percent` of the samples."""
        if not self.values:
            is_one_value = self.least == self.greatest
            return self.least if is_one_value else None
        wanted = math.ceil(round(percent / 100 * self.count, 6)) or 1
        passed = 0.0
        for value, count in sorted(self.values):
            passed += count
            if passed >= wanted:
                return min(max(value, self.least), self.greatest)
        return self.greatest


def check_statistic(name: str) -> None:
    """Refuse a statistic that is not known here.

    Raises:
        UnsupportedStatisticError: trimmed means, percentile ranks and the like, or nonsense.
    """
    if name not in STATISTICS and _PERCENTILE.fullmatch(name) is None:
        raise UnsupportedStatisticError(f"the statistic {name}: not supported by the rehearsal")


def merged(parts: Iterable[Distribution]) -> Distribution | None:
    """All samples together; None of none."""
    found = [part for part in parts if part.count]
    if not found:
        return None
    counted: dict[float, float] = {}
    for part in found:
        for value, count in part.values:
            counted[value] = counted.get(value, 0.0) + count
    is_known = all(part.values for part in found)
    return Distribution(
        sum(part.count for part in found),
        math.fsum(part.total for part in found),
        min(part.least for part in found),
        max(part.greatest for part in found),
        tuple(counted.items()) if is_known else (),
    )


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of one account and region."""

    account_id: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    """Sorted by name."""

    @classmethod
    def of(
        cls,
        place: tuple[str, str],
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
    ) -> Metric:
        """The metric of that account and region with those dimensions."""
        return cls(*place, namespace, name, tuple(sorted(dimensions.items())))


@dataclass(slots=True)
class MetricSeries:
    """The data points of one metric."""

    unit: str
    delivered_by: float
    """How long after its minute's end a data point is complete and shown, in seconds. Negative for
    what is shown as soon as it is there."""
    points: dict[int, Distribution] = field(default_factory=dict[int, Distribution])
    """By the minute's beginning, in epoch seconds."""

    def seen(self, now: float) -> Iterator[tuple[int, Distribution]]:
        """The data points that can be seen at `now`."""
        for minute, point in self.points.items():
            if now >= minute + MINUTE_SECONDS + self.delivered_by:
                yield minute, point


@dataclass(slots=True)
class MetricStore:
    """All metrics. All use is under the world's lock."""

    _series: dict[Metric, MetricSeries] = field(default_factory=dict[Metric, MetricSeries])
    _pruned_at: float = 0.0

    def add(
        self, metric: Metric, minute: int, samples: Distribution, unit: str, delivered_by: float
    ) -> None:
        """Add samples to the data point of a minute."""
        series = self._series.setdefault(metric, MetricSeries(unit, delivered_by))
        known = series.points.get(minute)
        both = merged([samples] if known is None else [known, samples])
        if both is not None:
            series.points[minute] = both

    def unit_of(self, metric: Metric) -> str | None:
        """The unit of a metric; None where there is no such metric."""
        series = self._series.get(metric)
        return None if series is None else series.unit

    def listed(self, now: float) -> Iterable[Metric]:
        """Every metric of which a data point can be seen."""
        return [
            metric
            for metric, series in self._series.items()
            if next(series.seen(now), None) is not None
        ]

    def points(
        self, metric: Metric, start: float, end: float, now: float
    ) -> dict[int, Distribution]:
        """The data points from `start` to before `end` that can be seen at `now`, by minute."""
        series = self._series.get(metric)
        if series is None:
            return {}
        return {m: point for m, point in series.seen(now) if start <= m < end}

    def prune(self, now: float) -> None:
        """Forget what is too old, once a minute."""
        if now < self._pruned_at + MINUTE_SECONDS:
            return
        self._pruned_at = now
        for metric, series in list(self._series.items()):
            for minute in [m for m in series.points if m < now - KEPT_SECONDS]:
                del series.points[minute]
            if not series.points:
                del self._series[metric]


def in_periods(
    points: Mapping[int, Distribution], start: float, period: int
) -> dict[int, Distribution]:
    """Data points of a minute each, joined to those of longer periods that begin at `start`."""
    found: dict[int, list[Distribution]] = {}
    for minute, point in points.items():
        begins = int(start + (minute - start) // period * period)
        found.setdefault(begins, []).append(point)
    joined = {begins: merged(parts) for begins, parts in sorted(found.items())}
    return {begins: point for begins, point in joined.items() if point is not None}
