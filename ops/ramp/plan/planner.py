"""What a new ramp would do, and how long each part may take.

From what a person asked for, the config and the live stack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ops.ramp.driver.ports import Limits
from ops.ramp.errors import BadInputError, NotSureError
from ops.ramp.stack.commands import Choice
from ops.ramp.stack.config_file import StackFile
from rollout.candidate import agreed
from rollout.command import UP, Command, config_remove
from rollout.errors import PlanError
from rollout.plan import EVEN, RampPlan, lighter, planned
from rollout.problem import laid_out
from rollout.split import TOTAL_WEIGHT, Slot, Split
from rollout.weights_key import COMMON, configured_weights
from settings.gates.limits import GateLimits
from settings.ramp import RampSettings


class LiveSplits(Protocol):
    """What a plan needs to know of the live stack."""

    def splits(self) -> Mapping[str, Split]:
        """The split of every service's rule."""
        ...

    def released_last_of(self, services: Sequence[str]) -> Mapping[str, Slot | None]:
        """The slot of each of `services` that was released last; None where that is not known."""
        ...

    def raised_last_of(self, services: Sequence[str]) -> Mapping[str, Slot | None]:
        """The slot of each of `services` that was raised last; None where none was."""
        ...


class Planner:
    """Makes the plan of a new ramp, or raises why there is none."""

    def __init__(
        self,
        stack_file: Path,
        stages: Sequence[int],
        configured: Slot | None,
        live: LiveSplits,
        choice: Choice,
    ) -> None:
        """Be ready.

        Args:
            stack_file: The stack file, with the deployed config.
            stages: The weights to stop at.
            configured: The config's `candidate`, where it is a person's.
            live: The stack.
            choice: What a person asked for.
        """
        self._file = stack_file
        self._stages = stages
        self._configured = configured
        self._live = live
        self._choice = choice

    def plan(self) -> RampPlan:
        """What a new ramp would do.

        Raises:
            BadInputError: there is none to do.
            NotSureError: the stack file and AWS have different weights.
        """
        self._refuse_contradiction()
        live = self._chosen_splits()
        up_to = EVEN if self._choice.is_even else TOTAL_WEIGHT
        candidate = self._raised_to_even(live) if self._choice.is_even else self._candidate(live)
        self._refuse_no_stage(up_to)
        alone = self._choice.command(services=(min(live),))
        try:
            plan = planned(live, candidate, self._stages, up_to, alone)
        except PlanError as error:
            is_together = len(set(live.values())) == 1
            hint = self._hint(candidate) if is_together else ""
            raise BadInputError(f"{error}{hint}") from error
        self._refuse_other_config(live)
        return plan

    def _refuse_contradiction(self) -> None:
        """Raises BadInputError where the config names another slot than the person does."""
        to, configured = self._choice.to, self._configured
        if to is None or configured is None or to is configured:
            return
        raise BadInputError(
            f"--to {to}, and `candidate` in {self._file.name} is {configured}; nothing was begun\n"
            f"  expected: one slot to raise: with that `candidate` the guards take every shift to "
            f"slot {to} for the way back, and hold none up\n"
            f"  fix:      {self._without_candidate(to)}"
        )

    def _hint(self, candidate: Slot) -> str:
        """What to do if the slot cannot be raised; the config alone may have chosen it."""
        if self._choice.is_even:
            return ""
        if self._choice.to is None and self._configured is candidate:
            expected = (
                f"`candidate` in {self._file.name} is {candidate}, which names the slot that a "
                "ramp raises"
            )
            return laid_out("", expected, [self._without_candidate(candidate.other)])
        other = candidate.other
        raising = f"{self._choice.command(to=other)}   # moves the requests to slot {other}"
        return laid_out("", f"a slot to raise, such as {other}", [raising])

    def _without_candidate(self, to: Slot) -> str:
        rm = config_remove("candidate").with_options(*self._choice.stack_option)
        return f"{rm}, then {self._choice.command(to=to)}"

    def _refuse_no_stage(self, up_to: int) -> None:
        """Raises BadInputError where the guards would refuse the last step as no stage."""
        if up_to in self._stages:
            return
        stages = ", ".join(map(str, sorted({*self._stages, up_to})))
        raise BadInputError(
            f"{up_to} is not a stage of this stack, and the guards refuse any other weight; "
            "nothing was begun\n"
            f"  expected: {up_to} among failover:ramp.stages\n"
            f"  fix:      `stages: [{stages}]` under failover:ramp in {self._file.name}"
        )

    def _raised_to_even(self, live: dict[str, Split]) -> Slot:
        """The lighter slot.

        Raises:
            BadInputError: neither is.
        """
        if all(split.slot_01 == split.slot_02 for split in live.values()):
            raise BadInputError(f"{'+'.join(live)} is even already: nothing to do")
        # Services that stand apart are refused with the plan, whichever slot it is to raise.
        return lighter(live) or Slot.FIRST

    def _candidate(self, live: dict[str, Split]) -> Slot:
        """The slot to raise.

        Raises:
            BadInputError: it is not known which.
        """
        if chosen := self._choice.to or self._configured:
            return chosen
        released = self._live.released_last_of(tuple(live))
        if newest := agreed(released.values()):
            return newest
        raised = agreed(self._live.raised_last_of(tuple(live)).values())
        # The one that has everything was raised in the former cycle: this one raises the other.
        if raised and any(split.weight_of(raised) < TOTAL_WEIGHT for split in live.values()):
            return raised
        if slot := lighter(live):
            return slot
        raise self._undecided(released)

    def _undecided(self, released: Mapping[str, Slot | None]) -> BadInputError:
        """The error if either slot could be meant."""
        apart = {service: slot for service, slot in released.items() if slot is not None}
        if apart:
            why = ", ".join(f"{name} on slot {slot}" for name, slot in sorted(apart.items()))
            why = f"released last was {why}"
            fixes = [
                self._choice.command(services=(name,), to=slot)
                for name, slot in sorted(apart.items())
            ]
        else:
            why = "AWS does not show which slot was released last"
            fixes = [self._choice.command(to=slot) for slot in Slot]
        listed = "\n  or:       ".join(map(str, fixes))
        return BadInputError(
            f"both slots have the same weight, and it is not known which one to raise: {why}\n"
            "  expected: --to, or `candidate` in the config\n"
            f"  fix:      {listed}"
        )

    def _chosen_splits(self) -> dict[str, Split]:
        live = self._live.splits()
        unknown = [name for name in self._choice.services if name not in live]
        if unknown:
            raise BadInputError(f"--service {unknown[0]}: the stack has {', '.join(sorted(live))}")
        return {name: live[name] for name in self._choice.services or sorted(live)}

    def _refuse_other_config(self, live: Mapping[str, Split]) -> None:
        file = StackFile.read(self._file)
        configured, splits = file.weights(), configured_weights(file.config).splits()
        apart = {s: text for s, text in configured.items() if s in live and text != str(live[s])}
        for service, text in sorted(apart.items()):
            is_own = service in file.services_with_weights() or len(apart) < len(configured)
            key = ("--path", f"services.{service}.weights") if is_own else (COMMON,)
            stack = self._choice.stack_option
            keep = Command.of("pulumi", "config", "set", *key, str(live[service]), *stack)
            look, move = Command.of("failover", "plan", *stack), UP.with_options(*stack)
            onwards = f"; or move it to {text}: {look}, then {move}" if service in splits else ""
            raise NotSureError(
                f"{service} is at {live[service]}, and {self._file.name} has {text}; nothing was "
                "changed",
                expected="a ramp begins where the config and the live rules agree",
                fixes=[f"keep what is live: {keep}{onwards}"],
            )


def limits_of(
    ramp_settings: RampSettings, bake_seconds: float | None, choice: Choice | None = None
) -> Limits:
    """The config's limits, the bake as the person asked for it."""
    slowest = ramp_settings.gates.slowest
    if slowest is not None and bake_seconds is not None:
        _refuse_short_bake(bake_seconds, slowest, choice or Choice())
    return Limits(
        bake=bake_seconds if bake_seconds is not None else ramp_settings.bake_seconds,
        hold=ramp_settings.hold_seconds,
        watch=ramp_settings.watch_seconds,
        inconclusive=ramp_settings.inconclusive_seconds,
        guard_wait=ramp_settings.guard.wait_seconds,
    )


def _refuse_short_bake(bake_seconds: float, gate: GateLimits, choice: Choice) -> None:
    least = gate.least_bake_seconds
    if bake_seconds < least:
        raise BadInputError(
            f"--bake {bake_seconds:g}s is too short for the gate {gate.name}\n"
            f"  expected: {least} s or more: {gate.least_bake_reason}\n"
            f"  fix:      {choice.with_bake(least).command()}"
        )
