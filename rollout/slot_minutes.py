"""Minutes of measured traffic on both slots, judged against limits and against each other."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rollout.counts import Counts
from rollout.sequential_test import above, worse
from rollout.slot_comparison import ALARM, WORSE
from rollout.verdict import Outcome

FEWEST_REQUESTS = 20
"""Of the candidate in all minutes; fewer say nothing."""

FEWEST_IN_A_MINUTE = 20
"""A percentile of fewer requests is the luck of one of them."""

FEWEST_BAD = 5
"""So many bad requests it takes to call a candidate worse that is within its limit."""

LATENCY_FLOOR_MS = 20.0
"""A candidate that is slower by less is not slow, whatever the ratio."""

_LEAST_LIMIT = 1e-6
_MOST_LIMIT = 0.9


@dataclass(frozen=True, slots=True)
class Minute:
    """One whole minute of one slot."""

    bad: Counts
    """Of its requests, those with the status that is judged."""
    latency_ms: float | None = None
    """The percentile; None without data."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same minute on both slots."""

    candidate: Minute
    stable: Minute


def judged_share(
    what: str, pairs: Sequence[Pair], limit_percent: float, max_ratio: float, *, is_alone: bool
) -> tuple[Outcome, str] | None:
    """What a share of bad responses says against the candidate; None where it says nothing.

    Over the limit and worse than the stable slot fails; over the limit and no worse holds. A share
    within the limit still fails where it is plainly more than `max_ratio` times the stable slot's.
    The limit alone decides where the candidate is alone, that is, the stable slot has no weight:
    one that has some and of which nothing is known yet may be as bad.
    """
    limit = min(max(limit_percent / 100, _LEAST_LIMIT), _MOST_LIMIT)
    over, differs, exceeds = above(limit), worse(), worse(max_ratio)
    for pair in pairs:
        for suspicion in (over, differs, exceeds):
            suspicion.add(pair.candidate.bad, pair.stable.bad)
    ours = sum((pair.candidate.bad for pair in pairs), Counts())
    theirs = sum((pair.stable.bad for pair in pairs), Counts())
    said = f"{what} {_share(ours)}, of the stable slot {_share(theirs)}"
    if over.strength >= ALARM:
        if differs.strength >= WORSE or (is_alone and not theirs.total):
            return Outcome.FAIL, f"{said}; the limit is {limit_percent:g} %"
        return Outcome.INCONCLUSIVE, (
            f"{said}: over the limit of {limit_percent:g} %, and not known to be worse than the "
            "stable slot"
        )
    if ours.bad >= FEWEST_BAD and exceeds.strength >= ALARM:
        return Outcome.FAIL, f"{said}; more than {max_ratio:g} times as much"
    return None


def judged_latency(
    pairs: Sequence[Pair], max_ms: int | None, max_ratio: float, *, is_alone: bool
) -> tuple[Outcome, str] | None:
    """What the latency says against the candidate; None where it says nothing.

    The median of the minutes decides, so that one slow minute is no verdict; of those in which
    both slots had enough requests, where there are any. `is_alone` is as for a share.
    """
    shared = [p for p in pairs if _is_known(p.candidate) and _is_known(p.stable)]
    ours = _median([p.candidate for p in shared or pairs])
    theirs = _median([p.stable for p in shared])
    if ours is None:
        return None
    said = f"latency {ours:,.0f} ms, stable slot " + (
        "not known" if theirs is None else f"{theirs:,.0f} ms"
    )
    is_worse = theirs is not None and ours > max(theirs * max_ratio, theirs + LATENCY_FLOOR_MS)
    if max_ms is not None and ours > max_ms:
        if is_worse or (is_alone if theirs is None else theirs <= max_ms):
            return Outcome.FAIL, f"{said}; the limit is {max_ms:,} ms"
        return Outcome.INCONCLUSIVE, (
            f"{said}: over the limit of {max_ms:,} ms, and not known to be worse than the stable "
            "slot"
        )
    if is_worse:
        return Outcome.FAIL, f"{said}; more than {max_ratio:g} times as much"
    return None


def judged_connection_errors(
    candidate: float, stable: float, limit: int
) -> tuple[Outcome, str] | None:
    """What failed connections to the targets say against the candidate; None for nothing."""
    if candidate <= limit:
        return None
    said = f"{candidate:,.0f} connections to its targets failed, {stable:,.0f} of the stable slot's"
    if stable > limit:
        return Outcome.INCONCLUSIVE, f"{said}: both are over the limit of {limit}"
    return Outcome.FAIL, f"{said}; the limit is {limit}"


def _is_known(minute: Minute) -> bool:
    return minute.latency_ms is not None and minute.bad.total >= FEWEST_IN_A_MINUTE


def _median(minutes: Sequence[Minute]) -> float | None:
    known = [
        minute.latency_ms
        for minute in minutes
        if minute.latency_ms is not None and _is_known(minute)
    ]
    return statistics.median(known) if known else None


def _share(counts: Counts) -> str:
    if not counts.total:
        return "- (no requests)"
    digits = 3 if math.isclose(counts.rate, 0) or counts.rate < 1 else 4
    return f"{counts.rate * 100:.{digits}g} % ({counts.bad:,} of {counts.total:,})"
