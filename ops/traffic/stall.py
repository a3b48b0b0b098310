"""How long the prober itself did not run."""

from __future__ import annotations

from collections.abc import Iterable


def united_seconds(stalls: Iterable[tuple[float, float]], since_s: float) -> float:
    """The seconds after `since_s` in any of the stalls, each from when to when in Unix seconds.

    A second counts once: the streams share a process, so that each of them reports every stall.
    """
    total_s, until_s = 0.0, since_s
    for start_s, end_s in sorted(stalls):
        total_s += max(0.0, end_s - max(start_s, until_s))
        until_s = max(until_s, end_s)
    return total_s
