"""Minutes of measured traffic on both slots, judged against limits and against each other."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rollout.binomial import Counts
from rollout.sequential_test import above_limit, above_stable
from rollout.slot_comparison import ALARM, WORSE
from rollout.verdict import Outcome

FEWEST_REQUESTS = 20
"""The fewest requests of the candidate in all minutes that a verdict may rest on."""

FEWEST_IN_A_MINUTE = 20
"""The fewest requests that a percentile may rest on; of fewer, one request decides it."""

FEWEST_BAD = 5
"""The fewest bad requests for which a candidate within its limit may fail."""

LATENCY_FLOOR_MS = 20.0
"""A candidate that is slower by less than this is not slow, whatever the ratio."""

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
    """The outcome of a share of bad responses; None if it is within its limits.

    Over the limit and worse than the stable slot fails; over the limit and no worse holds. A share
    within the limit still fails if it is clearly more than `max_ratio` times the stable slot's.
    The limit alone decides if the candidate is alone, that is, if the stable slot has no weight: a
    stable slot with weight and without data may be as bad.
    """
    limit = min(max(limit_percent / 100, _LEAST_LIMIT), _MOST_LIMIT)
    over, differs, exceeds = above_limit(limit), above_stable(), above_stable(max_ratio)
    for pair in pairs:
        for test in (over, differs, exceeds):
            test.add(pair.candidate.bad, pair.stable.bad)
    ours = sum((pair.candidate.bad for pair in pairs), Counts())
    theirs = sum((pair.stable.bad for pair in pairs), Counts())
    text = f"{what} {_share(ours)}, of the stable slot {_share(theirs)}"
    if over.log_evidence >= ALARM:
        if differs.log_evidence >= WORSE or (is_alone and not theirs.total):
            return Outcome.FAIL, f"{text}; the limit is {limit_percent:g} %"
        return Outcome.INCONCLUSIVE, (
            f"{text}: over the limit of {limit_percent:g} %, and not known to be worse than the "
            "stable slot"
        )
    if ours.bad >= FEWEST_BAD and exceeds.log_evidence >= ALARM:
        return Outcome.FAIL, f"{text}; more than {max_ratio:g} times as much"
    return None


def judged_latency(
    pairs: Sequence[Pair], max_ms: int | None, max_ratio: float, *, is_alone: bool
) -> tuple[Outcome, str] | None:
    """The outcome of the latency; None if it is within its limits.

    The median of the minutes decides, so that one slow minute does not. If both slots had enough
    requests in some minutes, only those count. `is_alone` is as for a share.
    """
    shared = [p for p in pairs if _is_known(p.candidate) and _is_known(p.stable)]
    ours = _median([p.candidate for p in shared or pairs])
    theirs = _median([p.stable for p in shared])
    if ours is None:
        return None
    text = f"latency {ours:,.0f} ms, stable slot " + (
        "not known" if theirs is None else f"{theirs:,.0f} ms"
    )
    is_worse = theirs is not None and ours > max(theirs * max_ratio, theirs + LATENCY_FLOOR_MS)
    if max_ms is not None and ours > max_ms:
        if is_worse or (is_alone if theirs is None else theirs <= max_ms):
            return Outcome.FAIL, f"{text}; the limit is {max_ms:,} ms"
        return Outcome.INCONCLUSIVE, (
            f"{text}: over the limit of {max_ms:,} ms, and not known to be worse than the stable "
            "slot"
        )
    if is_worse:
        return Outcome.FAIL, f"{text}; more than {max_ratio:g} times as much"
    return None


def judged_connection_errors(
    candidate: float, stable: float, limit: int
) -> tuple[Outcome, str] | None:
    """The outcome of failed connections to the targets; None if they are within their limit."""
    if candidate <= limit:
        return None
    text = f"{candidate:,.0f} connections to its targets failed, {stable:,.0f} of the stable slot's"
    if stable > limit:
        return Outcome.INCONCLUSIVE, f"{text}: both are over the limit of {limit}"
    return Outcome.FAIL, f"{text}; the limit is {limit}"


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
