"""Whether a split has propagated to the traffic: how many answers it takes, and of which slots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rollout.binomial import binomial_bound
from rollout.split import TOTAL_WEIGHT, Slot, Split

CONFIDENCE = 0.999
"""The confidence with which the answers rule out a split."""

_DEVIATIONS_TO_RULE_OUT = 3.29
"""Standard deviations of a normal distribution that hold `CONFIDENCE`, both sides."""

_DEVIATIONS_TO_SUFFICE = 1.64
"""Standard deviations that leave one in twenty beyond, who need a few more answers."""


@dataclass(frozen=True, slots=True)
class Propagation:
    """What the newest answers show of a split."""

    is_propagated: bool
    requests: int
    """How many answers count."""
    observed: int
    """How many of them came from the candidate."""
    needed: int
    """How many it takes to distinguish the old split from the new one."""


def judged_propagation(
    answers: Sequence[Slot], candidate: Slot, old: Split, new: Split
) -> Propagation:
    """Judge the newest `answers`, which come with the oldest first.

    The split has propagated once they are consistent with the new share and rule the old one out.
    Only as many as that takes count, so that answers from before the change drop out.
    """
    before = old.weight_of(candidate) / TOTAL_WEIGHT
    after = new.weight_of(candidate) / TOTAL_WEIGHT
    needed = needed_answers(before, after)
    newest = answers[-needed:] if needed else ()
    observed = sum(slot is candidate for slot in newest)
    bound = binomial_bound(observed, len(newest), CONFIDENCE)
    is_propagated = before == after or (after in bound and before not in bound)
    return Propagation(is_propagated and len(newest) == needed, len(newest), observed, needed)


def needed_answers(before: float, after: float) -> int:
    """How many answers distinguish the share `after` from `before`; 0 if they are equal.

    By the normal approximation, and exactly for a share of 0 or 1, where one answer may be enough.
    """
    if before == after:
        return 0
    gap = abs(after - before)
    spread = _DEVIATIONS_TO_RULE_OUT * _sigma(before) + _DEVIATIONS_TO_SUFFICE * _sigma(after)
    exact = math.log((1 - CONFIDENCE) / 2) / math.log1p(-gap) if gap < 1 else 1.0
    has_certainty = bool({before, after} & {0.0, 1.0})
    # The exact bound is a little wider than the approximation.
    enough = max((spread / gap) ** 2 * 1.15, exact if has_certainty else 0.0)
    return max(12, math.ceil(enough))


def _sigma(share: float) -> float:
    return math.sqrt(share * (1 - share))
