"""What a person types next: commands that act on the stack that the command before acted on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rollout.command import RAMP, ROLLBACK, STATUS, Command
from rollout.plan import EVEN, RampPlan


@dataclass(frozen=True, slots=True)
class NextCommands:
    """The commands of `failover` for one stack."""

    stack: str
    """Its name."""
    option: tuple[str, ...] = ()
    """What a command ends with to act on it; nothing where it is the one that is selected."""
    services: Collection[str] = ()
    """All services of the stack."""

    @property
    def ramp(self) -> Command:
        """Goes on with what did not end; else begins a ramp, and asks before."""
        return RAMP.with_options(*self.option)

    @property
    def rollback(self) -> Command:
        """Goes back."""
        return ROLLBACK.with_options(*self.option)

    @property
    def break_glass(self) -> Command:
        """Goes back past the engine, for which the stack must be named."""
        return ROLLBACK.with_options("--break-glass", "--stack", self.stack)

    @property
    def status(self) -> Command:
        """Shows where the weights are."""
        return STATUS.with_options(*self.option)

    @property
    def go_on(self) -> str:
        """The two ways on from a ramp that did not end."""
        return f"{self.ramp} to go on, {self.rollback} to go back"

    def anew(self, plan: RampPlan) -> Command:
        """Plans once more what `plan` set out for, from the weights as they are; asks before."""
        is_even = plan.target.weight_of(plan.candidate) == EVEN
        words = ["failover", "even" if is_even else "ramp", "--anew"]
        if not set(self.services) <= set(plan.services):
            words += [word for service in plan.services for word in ("--service", service)]
        return Command.of(*words, *self.option)
