"""Waits for gates that look in the background."""

from __future__ import annotations

import time
from collections.abc import Callable

from ops.gates.gate import Gate
from rollout.verdict import Outcome, Verdict

DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.01


def judged(
    gate: Gate, is_there: Callable[[Verdict], bool] = lambda v: v.window is not None
) -> Verdict:
    """The first verdict of the kind; by default the first that rests on something."""
    until = time.monotonic() + DEADLINE_SECONDS
    while not is_there(verdict := gate.judge()):
        assert time.monotonic() < until, f"still {verdict}"
        time.sleep(POLL_SECONDS)
    return verdict


def is_pass(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.PASS


def is_fail(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.FAIL


def is_inconclusive(verdict: Verdict) -> bool:
    return verdict.window is not None and verdict.outcome is Outcome.INCONCLUSIVE
