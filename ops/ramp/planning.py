"""What a new ramp would do: from what a person asked for, the config and the live stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.ramp.errors import BadInputError, NotSureError
from ops.ramp.live_stack import LiveStack
from ops.ramp.stack import OpenedStack
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


class Planner:
    """Makes the plan of a new ramp, or says why there is none."""

    def __init__(self, stack: OpenedStack, live: LiveStack, choice: Choice) -> None:
        self._stack = stack
        self._live = live
        self._choice = choice

    def plan(self) -> Plan:
        """What a new ramp would do.

        Raises:
            BadInputError: there is none to do.
            NotSureError: the stack file and AWS say different weights.
        """
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
        try:
            plan = planned(live, candidate, self._stack.ramp.stages, up_to)
        except PlanError as error:
            raise BadInputError(str(error)) from error
        self._refuse_other_config(live)
        return plan

    def _candidate(self, live: dict[str, Split]) -> Slot | None:
        chosen = self._choice.to or self._stack.candidate
        return chosen or self._live.released_last(tuple(live)) or lighter(live)

    def _chosen_splits(self) -> dict[str, Split]:
        live = self._live.splits()
        unknown = [name for name in self._choice.services if name not in live]
        if unknown:
            raise BadInputError(f"--service {unknown[0]}: the stack has {', '.join(sorted(live))}")
        return {name: live[name] for name in self._choice.services or sorted(live)}

    def _refuse_other_config(self, live: Mapping[str, Split]) -> None:
        configured = StackFile.read(self._stack.engine.stack_file).weights()
        apart = {s: text for s, text in configured.items() if s in live and text != str(live[s])}
        for service, text in sorted(apart.items()):
            raise NotSureError(
                f"{service} is at {live[service]}, and {self._stack.engine.stack_file.name} says "
                f"{text}; nothing was changed\n"
                "  expected: a ramp begins where the config and the live rules agree\n"
                f"  mend:     failover plan, then pulumi up; or keep what is live: "
                f"pulumi config set weights {live[service]}"
            )
