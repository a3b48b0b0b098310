"""Requests of a group and how many of them were bad, and the rate that so many can exclude."""

from __future__ import annotations

import math
from dataclasses import dataclass

CONFIDENCE = 0.95
"""Of a rate that a verdict says is excluded."""

_PRECISION = 1e-10
_FRACTION_STEPS = 500


@dataclass(frozen=True, slots=True)
class Counts:
    """`bad` of `total` requests; what bad means (failed, slow) is the caller's.

    Raises:
        ValueError: a negative number, or more bad ones than there are.
    """

    bad: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.bad <= self.total:
            raise ValueError(f"{self.bad} of {self.total} is no count")

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.bad + other.bad, self.total + other.total)

    @property
    def rate(self) -> float:
        """The share of bad ones, 0 to 1; 0 without any request."""
        return self.bad / self.total if self.total else 0.0


def excluded_rate(counts: Counts, confidence: float = CONFIDENCE) -> float:
    """The rate above which the true one is not, with that confidence; 1 where nothing is known.

    Clopper and Pearson's upper bound: exact for any n, where the usual approximations are wrong for
    the few failures that a rollout has. Without a failure it is `1 - (1 - confidence) ** (1 / n)`,
    the rule of three (3 / n at 95 %). Source: Clopper, Pearson (1934), Biometrika 26, 404.
    """
    if counts.bad >= counts.total:
        return 1.0
    if counts.bad == 0:
        return -math.expm1(math.log1p(-confidence) / counts.total)
    low, high = counts.rate, 1.0
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        if _beta_below(middle, counts.bad + 1, counts.total - counts.bad) < confidence:
            low = middle
        else:
            high = middle
    return high


def _beta_below(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b). Source: NIST DLMF 8.17.22."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return math.exp(log_front) / a / _fraction(x, a, b)
    return 1.0 - math.exp(log_front) / b / _fraction(1 - x, b, a)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction 1 + d1/(1 + d2/(1 + …)) of DLMF 8.17.22, by Lentz's method."""
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, _FRACTION_STEPS):
        m, is_odd = divmod(step, 2)
        if is_odd:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / (1.0 + term * d)
        c = 1.0 + term / c
        value *= c * d
        if abs(c * d - 1.0) < _PRECISION:
            break
    return value
