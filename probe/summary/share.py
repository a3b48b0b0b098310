"""How sure a share is: the interval that a count of so many of so many supports."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole with its 95 % interval, all 0..1."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, part: int, whole: int) -> Share | None:
        """The share of `part` in `whole`; None of nothing.

        The interval is Wilson's, which stays within 0..1 and does not shrink to nothing at 0 of n.
        Source: Wilson, "Probable inference, the law of succession, and statistical inference",
        Journal of the American Statistical Association, 1927.
        """
        if whole <= 0:
            return None
        value = part / whole
        squared = Z_95 * Z_95 / whole
        centre = (value + squared / 2) / (1 + squared)
        reach = Z_95 / (1 + squared) * math.sqrt(value * (1 - value) / whole + squared / 4 / whole)
        low = 0.0 if part == 0 else max(0.0, centre - reach)
        high = 1.0 if part == whole else min(1.0, centre + reach)
        return cls(value, low, high)
