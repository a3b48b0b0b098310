"""What a new ramp would do: from what a person asked for, the config and the live stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ops.ramp.errors import BadInputError, NotSureError
from ops.ramp.stack_file import StackFile
from rollout.errors import PlanError
from rollout.plan import EVEN, Plan, lighter, planned
from rollout.split import TOTAL_WEIGHT, Slot, Split


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person asked for."""

    services: tuple[str, ...] = ()
    """Empty: all."""
    to: Slot | None = None
    is_even: bool = False
    approve_each: bool = False
    commits: bool = False
    pushes: bool = False
    known_messages: tuple[str, ...] = ()
    """Of the stack's history, when it was looked at for another hand."""


class LiveSplits(Protocol):
    """What a plan needs to know of the live stack."""

    def splits(self) -> Mapping[str, Split]:
        """The split of every service's rule."""
        ...

    def released_last(self, services: Sequence[str]) -> Slot | None:
        """The slot that was released last in all of `services`; None where they differ."""
        ...


class Planner:
    """Makes the plan of a new ramp, or says why there is none."""

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
            stack_file: What is deployed, as the file says it.
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

    def plan(self) -> Plan:
        """What a new ramp would do.

        Raises:
            BadInputError: there is none to do.
            NotSureError: the stack file and AWS say different weights.
        """
        self._refuse_contradiction()
        live = self._chosen_splits()
        up_to = EVEN if self._choice.is_even else TOTAL_WEIGHT
        candidate = lighter(live) if self._choice.is_even else self._candidate(live)
        if candidate is None and self._choice.is_even:
            raise BadInputError(f"{'+'.join(live)} is even already: nothing to do")
        if candidate is None:
            raise BadInputError(
                "both slots have the same weight, and nothing says which one to raise\n"
                "  expected: --to, or `candidate` in the config\n"
                "  mend:     failover ramp --to 02"
            )
        self._refuse_no_stage(up_to)
        try:
            plan = planned(live, candidate, self._stages, up_to)
        except PlanError as error:
            raise BadInputError(f"{error}{self._hint(candidate)}") from error
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
            f"  mend:     pulumi config rm candidate, then failover ramp --to {to}"
        )

    def _hint(self, candidate: Slot) -> str:
        """What to do where the config alone has chosen a slot that cannot be raised."""
        if self._choice.to is not None or self._configured is not candidate:
            return ""
        return (
            f"\n  expected: `candidate` in {self._file.name} is {candidate}, which names the slot "
            "that a ramp raises\n"
            f"  mend:     pulumi config rm candidate, then failover ramp --to {candidate.other}"
        )

    def _refuse_no_stage(self, up_to: int) -> None:
        """Raises BadInputError where the guards would refuse the last step as no stage."""
        if up_to in self._stages:
            return
        stages = ", ".join(map(str, sorted({*self._stages, up_to})))
        raise BadInputError(
            f"{up_to} is no stage of this stack, and the guards let nothing else through; nothing "
            "was begun\n"
            f"  expected: {up_to} among failover:ramp.stages\n"
            f"  mend:     `stages: [{stages}]` under failover:ramp in {self._file.name}"
        )

    def _candidate(self, live: dict[str, Split]) -> Slot | None:
        chosen = self._choice.to or self._configured
        return chosen or self._live.released_last(tuple(live)) or lighter(live)

    def _chosen_splits(self) -> dict[str, Split]:
        live = self._live.splits()
        unknown = [name for name in self._choice.services if name not in live]
        if unknown:
            raise BadInputError(f"--service {unknown[0]}: the stack has {', '.join(sorted(live))}")
        return {name: live[name] for name in self._choice.services or sorted(live)}

    def _refuse_other_config(self, live: Mapping[str, Split]) -> None:
        file = StackFile.read(self._file)
        configured = file.weights()
        apart = {s: text for s, text in configured.items() if s in live and text != str(live[s])}
        for service, text in sorted(apart.items()):
            is_own = service in file.services_with_weights() or len(apart) < len(configured)
            key = f"--path services.{service}.weights" if is_own else "weights"
            raise NotSureError(
                f"{service} is at {live[service]}, and {self._file.name} says "
                f"{text}; nothing was changed\n"
                "  expected: a ramp begins where the config and the live rules agree\n"
                "  mend:     failover plan, then pulumi up; or keep what is live: "
                f"pulumi config set {key} {live[service]}"
            )
