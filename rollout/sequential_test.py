"""A sequential test (e-process): evidence against the null hypothesis, valid at every look.

A driver that judges every second makes hundreds of tests in a ramp: a bound that is wrong once in
twenty times would stop every good release. So the test keeps an e-process, a bet that is fair under
the null hypothesis: each request multiplies the stake by a likelihood ratio, and the probability
that the stake ever reaches `1 / a` is at most `a` (Ville's inequality). The stake is spread over
several alternatives, and over several start times, because a fault may begin during a ramp.
Source: Wald (1945), Sequential Tests of Statistical Hypotheses; Ramdas et al. (2023),
Game-Theoretic Statistics and Safe Anytime-Valid Inference, Statistical Science 38.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rollout.binomial import Counts

MAX_BEGINNINGS = 60
"""The most start times that are followed. Those with the least evidence are dropped, which only
makes an alarm rarer."""

_NEVER = -math.inf


@dataclass(slots=True)
class _Beginning:
    """The bets that were placed at one moment: the log of the stake, per alternative."""

    log_stakes: list[float]


class SequentialTest:
    """One e-process; feed it batch by batch, in the order of time."""

    def __init__(self, alternatives: Sequence[Alternative], batches_between: int = 5) -> None:
        """Begin with no evidence.

        Args:
            alternatives: The hypotheses to bet on; the stake is spread evenly.
            batches_between: The batches between two start times.
        """
        self._alternatives = alternatives
        self._batches_between = batches_between
        self._beginnings: list[_Beginning] = []
        self._batches = 0
        self._begun = 0

    def add(self, candidate: Counts, stable: Counts) -> None:
        """Take a batch: the same time on both slots."""
        if self._batches % self._batches_between == 0:
            self._begin()
        self._batches += 1
        gains = [each.log_gain(candidate, stable) for each in self._alternatives]
        for beginning in self._beginnings:
            beginning.log_stakes = [
                stake + gain for stake, gain in zip(beginning.log_stakes, gains, strict=True)
            ]

    @property
    def log_evidence(self) -> float:
        """The natural log of the e-value; 0 or less means no evidence."""
        stakes = [stake for each in self._beginnings for stake in each.log_stakes]
        return _log_sum(stakes)

    def _begin(self) -> None:
        """Place the next part of the stake: 1/2, 1/6, 1/12, …, which sum to 1 and never end."""
        self._begun += 1
        part = 1 / (self._begun * (self._begun + 1) * len(self._alternatives))
        self._beginnings.append(_Beginning([math.log(part)] * len(self._alternatives)))
        if len(self._beginnings) > MAX_BEGINNINGS:
            weakest = min(self._beginnings, key=lambda each: max(each.log_stakes))
            self._beginnings.remove(weakest)


class Alternative:
    """An alternative hypothesis: how a batch changes the stake that was placed on it."""

    def log_gain(self, candidate: Counts, stable: Counts) -> float:
        """The log of the factor; its exponential has mean at most 1 under the null hypothesis."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class RateAboveLimit(Alternative):
    """The candidate's rate is `rate`, against at most `limit`; `stable` is not read.

    With `rate` above `limit` the factor's mean is largest at the limit itself, where it is 1.
    """

    limit: float
    rate: float

    def log_gain(self, candidate: Counts, stable: Counts) -> float:
        """The log likelihood ratio of the candidate's requests."""
        del stable
        good = candidate.total - candidate.bad
        by_bad = candidate.bad * math.log(self.rate / self.limit) if candidate.bad else 0.0
        by_good = good * (math.log1p(-self.rate) - math.log1p(-self.limit)) if good else 0.0
        return by_bad + by_good


@dataclass(frozen=True, slots=True)
class RateAboveStable(Alternative):
    """The candidate's rate is `ratio` times the stable slot's, against at most `limit` times.

    Only bad requests count: each bad request of a batch is the candidate's with a probability that
    follows from how many requests each slot had. The true draw is without replacement, and spreads
    less than the binomial used here, so the mean of the factor stays at most 1.
    Source: Hoeffding (1963), Probability Inequalities for Sums of Bounded Random Variables,
    theorem 4.
    """

    limit: float
    ratio: float

    def log_gain(self, candidate: Counts, stable: Counts) -> float:
        """The log likelihood ratio of the bad requests' slots; 0 if one slot had no request."""
        if not candidate.total or not stable.total:
            return 0.0
        fair = _share(self.limit * candidate.total, stable.total)
        bent = _share(self.ratio * candidate.total, stable.total)
        by_candidate = candidate.bad * math.log(bent / fair) if candidate.bad else 0.0
        by_stable = stable.bad * math.log((1 - bent) / (1 - fair)) if stable.bad else 0.0
        return by_candidate + by_stable


def above_limit(limit: float) -> SequentialTest:
    """Tests whether the candidate's rate is above `limit`, which is between 0 and 1."""
    rates = {min(limit * 4, (limit + 1) / 2), min(limit * 20, (limit + 2) / 3)}
    rates |= {rate for rate in (0.1, 0.5, 0.95) if rate > 2 * limit}
    return SequentialTest([RateAboveLimit(limit, rate) for rate in sorted(rates)])


def above_stable(ratio: float = 1.0) -> SequentialTest:
    """Tests whether the candidate's rate is above `ratio` times the stable slot's."""
    return SequentialTest([RateAboveStable(ratio, ratio * times) for times in (3.0, 10.0, 1000.0)])


def _share(part: float, rest: float) -> float:
    return part / (part + rest)


def _log_sum(logs: Sequence[float]) -> float:
    """The log of the sum of the exponentials."""
    highest = max(logs, default=_NEVER)
    if highest == _NEVER:
        return _NEVER
    return highest + math.log(sum(math.exp(each - highest) for each in logs))
