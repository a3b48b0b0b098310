"""What was counted, and how far the true share may be from it: Clopper and Pearson's bound."""

from __future__ import annotations

import math
from dataclasses import dataclass

_MOST_STEPS = 60
"""Of the search for a bound; it takes some six."""

_CLOSE = 1e-13
"""A step of the search that changes the bound by a smaller part of it is the last."""

CONFIDENCE = 0.95
"""The confidence of a rate that a verdict excludes."""


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
            raise ValueError(f"{self.bad} of {self.total} is not a count")

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.bad + other.bad, self.total + other.total)

    @property
    def rate(self) -> float:
        """The share of bad ones, 0 to 1; 0 without any request."""
        return self.bad / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Bound:
    """The shares, 0..1, that a count is consistent with."""

    low: float
    high: float

    def __contains__(self, share: float) -> bool:
        """Whether that share can have brought the count about."""
        return self.low <= share <= self.high


def binomial_bound(part: int, whole: int, confidence: float) -> Bound:
    """The shares that are not ruled out by `part` of `whole`, each drawn by itself.

    Whatever the true share is, it is outside with a probability of `1 - confidence` at most, for
    any `whole`. None of `whole` leaves a share above 0 possible, one of them rules 0 out.
    Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case
    of the binomial", Biometrika, 1934.

    Args:
        part: 0..`whole`.
        whole: 0 or more; 0 is consistent with every share.
        confidence: between 0 and 1, such as 0.9999.

    Raises:
        ValueError: an argument is outside its range.
    """
    if not 0 <= part <= whole or not 0 < confidence < 1:
        raise ValueError(f"{part} of {whole} at a confidence of {confidence}")
    tail = (1 - confidence) / 2
    missing = whole - part
    low = 0.0 if part == 0 else _share_at(tail, part, whole)
    high = 1.0 if missing == 0 else 1 - _share_at(tail, missing, whole)
    return Bound(low, high)


def excluded_rate(counts: Counts, confidence: float = CONFIDENCE) -> float:
    """The rate above which the true one is not, with that confidence; 1 where nothing is known.

    The upper half of Clopper and Pearson's bound: exact for any n, where the usual approximations
    are wrong for the few failures that a rollout has. Without a failure it is the rule of three,
    3 / n at 95 %.
    """
    # Only one side is asked for, so that both tails together may have twice the rest.
    return binomial_bound(counts.bad, counts.total, 2 * confidence - 1).high


def _share_at(probability: float, part: int, whole: int) -> float:
    """The share at which `part` or more of `whole` have a probability, for a `part` above 0.

    Newton's method on the logarithms of both, from the counted share; a step that leaves what is
    known to hold the share halves that.
    """
    low, high = 0.0, 1.0
    share = part / (whole + 1)
    for _ in range(_MOST_STEPS):
        reached = _at_least(part, whole, share)
        if reached < probability:
            low = share
        else:
            high = share
        # d(log reached) / d(log share): the derivative of `reached` is `part` terms over the share.
        slope = part * _term(part, whole, share) / reached if reached else 0.0
        closer = share * math.exp(math.log(probability / reached) / slope) if slope else low
        if not low < closer < high:
            closer = (low + high) / 2
        if abs(closer - share) <= _CLOSE * share:
            return closer
        share = closer
    return low


def _at_least(part: int, whole: int, share: float) -> float:
    """The probability of `part` or more of `whole`, for a `part` above 0.

    Summed from the larger terms to the smaller until they no longer count.
    """
    if share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    mode = min(whole, math.floor((whole + 1) * share))
    if part > mode:
        return _sum_of_terms(part, whole, share, 1)
    return 1 - _sum_of_terms(part - 1, whole, share, -1)


def _sum_of_terms(first: int, whole: int, share: float, step: int) -> float:
    """The probabilities of `first`, `first + step`, … of `whole`, away from the likeliest count."""
    term, total, count = _term(first, whole, share), 0.0, first
    odds = share / (1 - share)
    while 0 <= count <= whole and term > total * 1e-17:
        total += term
        ratio = (
            (whole - count) / (count + 1) * odds if step > 0 else count / (whole - count + 1) / odds
        )
        term *= ratio
        count += step
    return total


def _term(part: int, whole: int, share: float) -> float:
    """The probability of exactly `part` of `whole`."""
    return math.exp(
        math.lgamma(whole + 1)
        - math.lgamma(part + 1)
        - math.lgamma(whole - part + 1)
        + part * math.log(share)
        + (whole - part) * math.log1p(-share)
    )
