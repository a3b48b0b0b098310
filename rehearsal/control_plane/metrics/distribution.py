"""The samples of one metric in one minute, and the statistics of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


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
