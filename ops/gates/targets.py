"""The gate `targets`: whether the targets of both slots are healthy, and enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from live.errors import LiveError
from ops.gates.gate import StageMark
from ops.gates.repeated import Look, Repeated
from rollout.observation import LiveService
from rollout.target_health import RampCounts, TargetHealth, desired, judged_target_health
from rollout.verdict import EvidenceWindow, Outcome, ServiceFinding, Verdict, worst

NAME = "targets"
POLL_SECONDS = 3.0

STALE_SECONDS = 30.0
"""A look that is older tells nothing any more."""

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


class TargetsGate:
    """Reads every few seconds, judges what it read last."""

    name = NAME

    def __init__(self, read: LiveServices, now: Callable[[], datetime]) -> None:
        self._now = now
        self._looks = Repeated(read, POLL_SECONDS, (LiveError,), now, NAME)
        self._stage: StageMark | None = None
        self._stable_before: dict[str, int] = {}
        self._least_desired: dict[str, int] = {}

    def begin(self, stage: StageMark) -> None:
        """Judge by what is read from now on."""
        self._stage = stage
        self._looks.restart()

    def judge(self) -> Verdict:
        """By the newest look, and by the ones before it where it fails."""
        stage, looks = self._stage, self._looks.looks
        if stage is None or not looks:
            return Verdict(NAME, Outcome.INCONCLUSIVE, "no target health was read yet")
        newest, now = looks[-1], self._now().astimezone(UTC)
        window = EvidenceWindow(looks[0].began_at, max(now, looks[0].began_at))
        if newest.value is None:
            reason = f"target health cannot be read: {newest.error}"
            return Verdict(NAME, Outcome.INCONCLUSIVE, reason, window=window)
        age_s = newest.age_seconds(now)
        if age_s > STALE_SECONDS:
            reason = f"target health was last read {age_s:.0f} s ago"
            return Verdict(NAME, Outcome.INCONCLUSIVE, reason, window=window)
        found = self._found(newest, stage)
        seen = worst(each.outcome for each in found)
        is_brief = seen is Outcome.FAIL and not self._fails_for_long(looks, stage)
        numbers = {name: value for each in found for name, value in each.numbers.items()}
        reasons = [each.reason for each in found if each.outcome is seen]
        outcome = Outcome.INCONCLUSIVE if is_brief else seen
        services = tuple(
            ServiceFinding(name, outcome if each.outcome is seen else each.outcome, each.reason)
            for name, each in zip(stage.services, found, strict=True)
        )
        return Verdict(NAME, outcome, "; ".join(reasons), numbers, window, services)

    def close(self) -> None:
        """Read no more."""
        self._looks.close()

    def _found(self, look: Look[Sequence[LiveService]], stage: StageMark) -> list[TargetHealth]:
        services = {service.name: service for service in look.value or ()}
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
        if not stage.is_freed:
            stable = counted.stable
            return replace(counted, stable=None if stable is None else min(stable, before))
        wanted = desired(live.slots[stage.candidate])
        least = min(self._least_desired.get(name, wanted), wanted)
        self._least_desired[name] = least
        return replace(counted, candidate=min(counted.candidate, least), stable=None)

    def _fails_for_long(
        self, looks: Sequence[Look[Sequence[LiveService]]], stage: StageMark
    ) -> bool:
        told = [look for look in looks if look.value is not None][-FAILED_LOOKS:]
        return len(told) == FAILED_LOOKS and all(
            any(each.outcome is Outcome.FAIL for each in self._found(look, stage)) for look in told
        )
