"""The candidate and the stable slot asked in turn, where the candidate's answers are wrong."""

from __future__ import annotations

from collections.abc import Callable

from rollout.counts import Counts
from rollout.sequential_test import above_stable
from rollout.slot_comparison import WORSE
from rollout.split import Slot

MOST_PAIRS = 40
"""Of one call. A candidate that fails always is known after seven, five in six of those that fail
each fifth time within forty; where both slots fail each fifth time one call in ninety is wrong."""


class Pairs:
    """What one service's slots answered in turn, from the start of the ramp.

    A wrong answer is the candidate's fault only where the stable slot, asked in the same moment,
    gives fewer of them: what both depend on breaks for both. The evidence is kept as a bet, as the
    gate `probe` does, so that it stays valid however many rounds there are.
    """

    def __init__(self) -> None:
        self._worse = above_stable()
        self.candidate = Counts()
        """Answers of the candidate in the newest call."""
        self.stable = Counts()

    def is_candidate_worse(self, candidate: Slot, is_wrong: Callable[[Slot], bool]) -> bool:
        """Ask both in turn until the candidate is known to be worse, or is not.

        Raises:
            PageError: no whole answer came.
        """
        self.candidate = self.stable = Counts()
        for _ in range(MOST_PAIRS):
            theirs = Counts(is_wrong(candidate.other), 1)
            ours = Counts(is_wrong(candidate), 1)
            self.candidate += ours
            self.stable += theirs
            self._worse.add(ours, theirs)
            if self._worse.log_evidence >= WORSE:
                return True
        return False
