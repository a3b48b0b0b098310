"""Requests of a group and how many of them were bad, and the rate that so many can exclude."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.binomial import binomial_bound

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


def excluded_rate(counts: Counts, confidence: float = CONFIDENCE) -> float:
    """The rate above which the true one is not, with that confidence; 1 where nothing is known.

    The upper half of Clopper and Pearson's bound: exact for any n, where the usual approximations
    are wrong for the few failures that a rollout has. Without a failure it is the rule of three,
    3 / n at 95 %.
    """
    # Only one side is asked for, so that both tails together may have twice the rest.
    return binomial_bound(counts.bad, counts.total, 2 * confidence - 1).high
