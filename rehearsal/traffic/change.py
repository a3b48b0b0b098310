"""When the answers began to follow a new split, from the answers alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

_SEEN = 12.0
"""A change is seen when it makes the answers e to the power of this likelier than none does: of a
million series of answers that keep to one split, six at most look like one."""
_SURE = 3.0
"""Moments at which the answers are e to the power of this less likely than at the best one are
ruled out."""
_NEVER = 1e-6
"""The share of a slot without weight, so that one request beside the order rules nothing out."""


@dataclass(frozen=True, slots=True)
class ChangeInterval:
    """The change came between these times; Unix seconds."""

    earliest_s: float
    latest_s: float


def moment_of_change(
    answers: Sequence[tuple[float, bool]], before: float, after: float
) -> ChangeInterval | None:
    """Between which requests a slot's share went from `before` to `after`.

    Each request is drawn independently, so each moment has a likelihood of what was seen; a change
    such as 25/75 to 0/100 is found to the request, 50/50 to 75/25 to a few dozen requests.

    Args:
        answers: when a request was made and whether the slot answered it, in order of time.
        before: the slot's share until then, 0..1.
        after: its share from then on, another one.

    Returns:
        None where the answers speak against a change, or for one before the first of them.
    """
    if not answers or before == after:
        return None
    # The gain of each answer if it came after the change instead of before it.
    on_it = math.log(_open(after) / _open(before))
    not_on_it = math.log(_open(1 - after) / _open(1 - before))
    gains = [on_it if is_on_it else not_on_it for _, is_on_it in answers]
    # Likelihood, up to a constant, of a change just before answer k; the last: of none so far.
    total = sum(gains)
    likelihoods = [total - gained for gained in accumulate(gains, initial=0.0)]
    best = max(likelihoods)
    if best - max(likelihoods[0], likelihoods[-1]) < _SEEN:
        return None
    likely = [k for k, likelihood in enumerate(likelihoods) if likelihood >= best - _SURE]
    return ChangeInterval(answers[likely[0] - 1][0], answers[likely[-1]][0])


def _open(share: float) -> float:
    return min(max(share, _NEVER), 1 - _NEVER)
