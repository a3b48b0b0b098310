"""The candidate against a limit and against the stable slot, second by second.

What is asked of a stage is not "were there errors" but "does the candidate fail more than it may,
and more than the slot that it would replace". A background that both slots have must not stop a
ramp, and a dip that both share must not be blamed on one.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field

from rollout.counts import Counts
from rollout.sequential_test import SequentialTest, above, worse

ALARM = math.log(500)
"""Evidence at which a limit counts as broken: a group that is at its limit gets there once in 500
ramps, one at half of it practically never."""

WORSE = math.log(20)
"""Evidence at which one slot counts as worse than the other; asked only of one over its limit."""

SHARED_SETTLE_BATCHES = 2
"""So many batches after the first bad request a failure is judged: what both slots depend on does
not break for both in the same instant."""

CLEAR_BATCHES = 10
"""After so many batches without a bad request a dip that was nobody's fault is over."""


class Blame(enum.Enum):
    """What a contest says so far."""

    CLEAN = "clean"
    """Nothing speaks against the candidate."""
    WORSE = "worse"
    """The candidate is over its limit and worse than the stable slot."""
    SHARED = "shared"
    """The candidate is over its limit, and the stable slot no better."""
    STABLE = "stable"
    """The stable slot is over the limit and the candidate is not."""


@dataclass(slots=True)
class SlotComparison:
    """One kind of badness (failed, or slow) of one service; feed it every second.

    `limit` is the share, between 0 and 1, up to which bad requests are nobody's business.
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
        if self._clear >= CLEAR_BATCHES and self.standing in (Blame.SHARED, Blame.STABLE):
            self._restart()

    @property
    def standing(self) -> Blame:
        """What all seconds together say."""
        has_settled = (self._since_first_bad or 0) >= SHARED_SETTLE_BATCHES
        if self._over.strength >= ALARM:
            is_worse = has_settled and self._differs.strength >= WORSE
            return Blame.WORSE if is_worse else Blame.SHARED
        return Blame.STABLE if self._stable_over.strength >= ALARM else Blame.CLEAN

    def _restart(self) -> None:
        self._over, self._differs = above(self.limit), worse()
        self._stable_over = above(self.limit)
        self._since_first_bad, self._clear = None, 0
