"""The gate `alarms`: the stack's own CloudWatch alarms, of both slots and the load balancer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from live.alarms import ALARM, INSUFFICIENT_DATA, Alarm
from live.errors import LiveError
from ops.gates.gate import StageMark
from ops.gates.repeated import Repeated
from rollout.verdict import EvidenceWindow, Outcome, Verdict

NAME = "alarms"
POLL_SECONDS = 5.0

STALE_SECONDS = 60.0
"""A look that is older tells nothing any more."""


class ReadAlarms(Protocol):
    """Reads the alarms that watch the stack's target groups and its load balancer."""

    def __call__(self) -> Sequence[Alarm]:
        """All of them.

        Raises:
            LiveError: AWS could not be read.
        """
        ...


class AlarmsGate:
    """One alarm of the candidate or of the load balancer is a fail; of the stable slot, a hold."""

    name = NAME

    def __init__(self, read: ReadAlarms, now: Callable[[], datetime]) -> None:
        self._now = now
        self._looks = Repeated(read, POLL_SECONDS, (LiveError,), now, NAME)
        self._stage: StageMark | None = None

    def begin(self, stage: StageMark) -> None:
        """Judge by what is read from now on."""
        self._stage = stage
        self._looks.restart()

    def judge(self) -> Verdict:
        """By the newest look."""
        stage, newest = self._stage, self._looks.newest
        if stage is None or newest is None:
            return Verdict(NAME, Outcome.INCONCLUSIVE, "no alarm was read yet")
        now = self._now().astimezone(UTC)
        window = EvidenceWindow(newest.began_at, max(now, newest.began_at))
        if newest.value is None:
            reason = f"alarms cannot be read: {newest.error}"
            return Verdict(NAME, Outcome.INCONCLUSIVE, reason, window=window)
        age_s = newest.age_seconds(now)
        if age_s > STALE_SECONDS:
            reason = f"alarms were last read {age_s:.0f} s ago"
            return Verdict(NAME, Outcome.INCONCLUSIVE, reason, window=window)
        outcome, reason = judged_alarms(newest.value, stage)
        states = {alarm.name: alarm.state for alarm in newest.value}
        return Verdict(NAME, outcome, reason, states, window)

    def close(self) -> None:
        """Read no more."""
        self._looks.close()


def judged_alarms(alarms: Sequence[Alarm], stage: StageMark) -> tuple[Outcome, str]:
    """What the alarms of the ramp's services say.

    Insufficient data of an alarm is no alarm: an idle slot has no requests, and CloudWatch then has
    no points. Without any alarm the gate has nothing to go by.
    """
    ours = [each for each in alarms if each.service is None or each.service in stage.services]
    if not ours:
        return Outcome.INCONCLUSIVE, (
            "the stack has no alarms; set failover:alarms, or take ramp.gates.alarms out"
        )
    on = [alarm for alarm in ours if alarm.state == ALARM]
    blamed = [alarm for alarm in on if alarm.slot is not stage.stable]
    if blamed:
        return Outcome.FAIL, "; ".join(_shown(alarm) for alarm in blamed)
    if on:
        shown = "; ".join(_shown(alarm) for alarm in on)
        return Outcome.INCONCLUSIVE, f"the stable slot's alarm is on: {shown}"
    silent = [alarm for alarm in ours if alarm.state == INSUFFICIENT_DATA]
    if len(silent) == len(ours):
        return Outcome.INCONCLUSIVE, f"none of {len(ours)} alarms has data yet"
    without = f", {len(silent)} without data" if silent else ""
    return Outcome.PASS, f"none of {len(ours)} alarms is on{without}"


def _shown(alarm: Alarm) -> str:
    return f"{alarm.name} is in ALARM since {alarm.since.astimezone(UTC):%H:%M:%S}: {alarm.reason}"
