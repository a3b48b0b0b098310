"""The gate `alarms`: the stack's own CloudWatch alarms, of both slots and the load balancer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from live.cloudwatch import ALARM, INSUFFICIENT_DATA, Alarm, Alarms
from live.errors import LiveError
from ops.gates.context import GateContext
from ops.gates.gate import StageMark
from ops.gates.repeated import LookLimits, Repeated, RepeatedGate
from rollout.verdict import EvidenceWindow, Outcome, Verdict
from settings.gates.alarms import AlarmsLimits

NAME = AlarmsLimits.name
POLL_SECONDS = 5.0
LOOKS = LookLimits(
    stale_seconds=60.0,
    nothing_yet="no alarm was read yet",
    unreadable="alarms cannot be read",
    stale="alarms were last read {age} s ago",
)


class ReadAlarms(Protocol):
    """Reads the alarms that watch the stack's target groups and its load balancer."""

    def __call__(self) -> Sequence[Alarm]:
        """All of them.

        Raises:
            LiveError: AWS could not be read.
        """
        ...


class AlarmsGate(RepeatedGate[Sequence[Alarm]]):
    """One alarm of the candidate or of the load balancer is a fail; of the stable slot, a hold."""

    def __init__(self, read: ReadAlarms, now: Callable[[], datetime]) -> None:
        looks = Repeated(read, POLL_SECONDS, (LiveError,), now, NAME)
        super().__init__(NAME, looks, LOOKS, now)

    def _judged(self, value: Sequence[Alarm], stage: StageMark, window: EvidenceWindow) -> Verdict:
        outcome, reason = judged_alarms(value, stage)
        return Verdict(NAME, outcome, reason, {each.name: each.state for each in value}, window)


def opened(_limits: AlarmsLimits, context: GateContext) -> AlarmsGate:
    """The gate of a stack."""
    stack = context.stack
    alarms = Alarms(context.session.client("cloudwatch"), stack.listener_arn, stack.addresses)
    return AlarmsGate(alarms.read, context.now)


def judged_alarms(alarms: Sequence[Alarm], stage: StageMark) -> tuple[Outcome, str]:
    """The outcome by the alarms of the ramp's services, and the reason.

    One alarm in `INSUFFICIENT_DATA` is ignored: an idle slot has no requests, and CloudWatch then
    has no points. Without any alarm the gate is inconclusive.
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
