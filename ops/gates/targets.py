"""The gate `targets`: whether the targets of both slots are healthy, and enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from fleets.registry import fleet_readers
from live.clients import Clients
from live.errors import LiveError
from live.reader import Reader
from ops.gates.context import GateContext
from ops.gates.gate import StageMark
from ops.gates.repeated import Look, LookLimits, Repeated, RepeatedGate
from rollout.observation import LiveService
from rollout.target_health import RampCounts, TargetHealth, desired, judged_target_health
from rollout.verdict import EvidenceWindow, Outcome, ServiceFinding, Verdict, worst
from settings.gates.targets import TargetsLimits

NAME = TargetsLimits.name
POLL_SECONDS = 3.0
LOOKS = LookLimits(
    stale_seconds=30.0,
    nothing_yet="no target health was read yet",
    unreadable="target health cannot be read",
    stale="target health was last read {age} s ago",
)

FAILED_LOOKS = 2
"""So many looks in a row must fail: a target that is replaced is gone for a moment."""


class LiveServices(Protocol):
    """Reads the services of the stack."""

    def __call__(self) -> Sequence[LiveService]:
        """Every service as AWS has it now.

        Raises:
            LiveError: AWS could not be read.
        """
        ...


class TargetsGate(RepeatedGate[Sequence[LiveService]]):
    """Reads every few seconds, and fails by the newest looks together."""

    def __init__(self, read: LiveServices, now: Callable[[], datetime]) -> None:
        looks = Repeated(read, POLL_SECONDS, (LiveError,), now, NAME)
        super().__init__(NAME, looks, LOOKS, now)
        self._stable_before: dict[str, int] = {}
        self._least_desired: dict[str, int] = {}

    def _window(
        self, stage: StageMark, looks: list[Look[Sequence[LiveService]]], now: datetime
    ) -> EvidenceWindow:
        return super()._window(stage, looks[:1], now)

    def _judged(
        self, value: Sequence[LiveService], stage: StageMark, window: EvidenceWindow
    ) -> Verdict:
        found = self._found(value, stage)
        seen = worst(each.outcome for each in found)
        is_brief = seen is Outcome.FAIL and not self._fails_for_long(stage)
        numbers = {name: value for each in found for name, value in each.numbers.items()}
        reasons = [each.reason for each in found if each.outcome is seen]
        outcome = Outcome.INCONCLUSIVE if is_brief else seen
        services = tuple(
            ServiceFinding(name, outcome if each.outcome is seen else each.outcome, each.reason)
            for name, each in zip(stage.services, found, strict=True)
        )
        return Verdict(NAME, outcome, "; ".join(reasons), numbers, window, services)

    def _found(self, live: Sequence[LiveService], stage: StageMark) -> list[TargetHealth]:
        services = {service.name: service for service in live}
        return [self._health(services.get(name), name, stage) for name in stage.services]

    def _health(self, live: LiveService | None, name: str, stage: StageMark) -> TargetHealth:
        if live is None:
            return TargetHealth(Outcome.INCONCLUSIVE, f"{name}: the stack has no such service", {})
        weight = stage.weight_of_candidate(name)
        return judged_target_health(live, stage.candidate, weight, self._counted(live, stage))

    def _counted(self, live: LiveService, stage: StageMark) -> RampCounts:
        """What the ramp counted, as far as it holds: without floors, scaling policies may cut.

        A policy that has cut the candidate raises it again when the traffic rises. The fewest that
        the group wanted since are what it must not fall below.
        """
        name, counted = live.name, stage.counted[live.name]
        healthy = len(live.slots[stage.stable].healthy)
        # A slot that was growing when the ramp began had not yet what it wanted.
        before = self._stable_before.setdefault(name, healthy)
        if not stage.is_released:
            stable = counted.stable
            return replace(counted, stable=None if stable is None else min(stable, before))
        wanted = desired(live.slots[stage.candidate])
        least = min(self._least_desired.get(name, wanted), wanted)
        self._least_desired[name] = least
        return replace(counted, candidate=min(counted.candidate, least), stable=None)

    def _fails_for_long(self, stage: StageMark) -> bool:
        read = [look.value for look in self._looks.looks if look.value is not None]
        newest = read[-FAILED_LOOKS:]
        return len(newest) == FAILED_LOOKS and all(
            any(each.outcome is Outcome.FAIL for each in self._found(live, stage))
            for live in newest
        )


def opened(_limits: TargetsLimits, context: GateContext) -> TargetsGate:
    """The gate of a stack."""
    clients = Clients.of(context.session)
    reader = Reader(clients, context.stack.addresses, fleet_readers(clients))
    return TargetsGate(reader.read, context.now)
