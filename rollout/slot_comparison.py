"""Compares the candidate with a limit and with the stable slot, second by second.

The question of a stage is not "were there errors" but "does the candidate fail more than it may,
and more than the slot that it would replace". A background of errors on both slots must not stop a
ramp, and a dip that both slots share must not be blamed on one.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field

from rollout.binomial import Counts
from rollout.sequential_test import SequentialTest, above_limit, above_stable

ALARM = math.log(500)
"""Evidence at which a limit counts as broken: a group that is at its limit gets there once in 500
ramps, one at half of it practically never."""

WORSE = math.log(20)
"""Evidence at which one slot counts as worse than the other; asked only of one over its limit."""

SHARED_SETTLE_BATCHES = 2
"""The batches between the first bad request and the judgement: a shared dependency does not break
for both slots in the same instant."""

CLEAR_BATCHES = 10
"""The batches without a bad request that end a dip which was not the candidate's fault."""


class Blame(enum.Enum):
    """Which slot the evidence blames so far."""

    CLEAN = "clean"
    """There is no evidence against the candidate."""
    WORSE = "worse"
    """The candidate is over its limit and worse than the stable slot."""
    SHARED = "shared"
    """The candidate is over its limit, and not known to be worse than the stable slot."""
    STABLE = "stable"
    """The stable slot is over the limit and the candidate is not."""


@dataclass(slots=True)
class SlotComparison:
    """One kind of badness (failed, or slow) of one service; feed it every second.

    `limit` is the share of bad requests, between 0 and 1, that is tolerated.
    """

    limit: float
    _over: SequentialTest = field(init=False)
    _differs: SequentialTest = field(init=False)
    _stable_over: SequentialTest = field(init=False)
    _since_first_bad: int | None = field(init=False, default=None)
    _clear: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._restart()

    def add(self, candidate: Counts, stable: Counts) -> None:
        """Take what ended in the same second on either slot."""
        self._over.add(candidate, stable)
        self._differs.add(candidate, stable)
        self._stable_over.add(stable, candidate)
        if self._since_first_bad is not None:
            self._since_first_bad += 1
        elif candidate.bad:
            self._since_first_bad = 0
        has_answers = bool(candidate.total and stable.total)
        is_clear = has_answers and not candidate.bad and not stable.bad
        self._clear = self._clear + 1 if is_clear else 0
        if self._clear >= CLEAR_BATCHES and self.blame in (Blame.SHARED, Blame.STABLE):
            self._restart()

    @property
    def blame(self) -> Blame:
        """The blame over all seconds."""
        has_settled = (self._since_first_bad or 0) >= SHARED_SETTLE_BATCHES
        if self._over.log_evidence >= ALARM:
            is_worse = has_settled and self._differs.log_evidence >= WORSE
            return Blame.WORSE if is_worse else Blame.SHARED
        return Blame.STABLE if self._stable_over.log_evidence >= ALARM else Blame.CLEAN

    def _restart(self) -> None:
        self._over, self._differs = above_limit(self.limit), above_stable()
        self._stable_over = above_limit(self.limit)
        self._since_first_bad, self._clear = None, 0
