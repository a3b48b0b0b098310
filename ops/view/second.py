"""The traffic of one second, as the view shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ops.traffic.answer import SlotAnswer, SlotStream
from probe.record.line import RequestOutcome
from rollout.split import Slot

Side = Slot | None
"""A slot, or None for what no slot signed."""


@dataclass(slots=True)
class Second:
    """What ended in one second."""

    users: dict[Side, int] = field(default_factory=dict[Side, int])
    """Requests of the users' kind, by the slot that answered."""
    requests: dict[Side, int] = field(default_factory=dict[Side, int])
    """Requests of all kinds, by the slot that they count for."""
    failed: dict[Side, int] = field(default_factory=dict[Side, int])
    latencies_ms: dict[Side, list[float]] = field(default_factory=dict[Side, list[float]])

    def add(self, answer: SlotAnswer) -> None:
        """Count an answer that is evidence of the target."""
        side = answer.attributed
        self.requests[side] = self.requests.get(side, 0) + 1
        if answer.stream is SlotStream.USERS:
            self.users[answer.slot] = self.users.get(answer.slot, 0) + 1
        if answer.verdict is RequestOutcome.FAILED:
            self.failed[side] = self.failed.get(side, 0) + 1
        if answer.latency_ms is not None:
            self.latencies_ms.setdefault(side, []).append(answer.latency_ms)

    @property
    def lost(self) -> int:
        """Requests that failed, whoever was asked."""
        return sum(self.failed.values())


def counted(seconds: dict[int, Second], answers: Iterable[SlotAnswer], kept: int) -> None:
    """Count answers into their seconds; only the newest `kept` seconds stay."""
    for answer in answers:
        if answer.verdict is not RequestOutcome.EXCLUDED:
            seconds.setdefault(int(answer.ended_s), Second()).add(answer)
    if seconds:
        oldest = max(seconds) - kept
        for at in [at for at in seconds if at <= oldest]:
            del seconds[at]
