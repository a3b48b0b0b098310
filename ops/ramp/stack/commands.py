"""The commands that messages print: they act on the stack that the command before acted on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ops.ramp.stack.config_file import StackFile
from rollout.command import RAMP, ROLLBACK, STATUS, Command
from rollout.plan import EVEN, RampPlan
from rollout.split import TOTAL_WEIGHT, Slot, Split
from rollout.weights_key import CANDIDATE, weight_changes
from settings.declaration.command import NAMESPACE


@dataclass(frozen=True, slots=True)
class NextCommands:
    """The commands of `failover` for one stack."""

    stack: str
    """Its name."""
    option: tuple[str, ...] = ()
    """The options that name the stack in a command; empty for the selected stack."""
    services: Collection[str] = ()
    """All services of the stack."""

    @property
    def ramp(self) -> Command:
        """Resumes the unfinished ramp; else plans a new one, and asks before it starts."""
        return RAMP.with_options(*self.option)

    @property
    def rollback(self) -> Command:
        """Goes back."""
        return ROLLBACK.with_options(*self.option)

    @property
    def break_glass(self) -> Command:
        """Rolls back without the engine; the stack must be named."""
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


OVERRIDE = "override"
_WHY = "a rollback by hand"


def lowering(
    stack: str,
    file: Path,
    services: Sequence[str],
    candidate: Slot,
    to: Split,
    *,
    is_outside: bool = False,
) -> Command:
    """The command that lowers `candidate` of some services to its weight in `to`.

    It names the candidate meanwhile, so that the guards of the `up` know it for the way back; they
    still let nothing onto a slot without a healthy target. Where the weights were changed outside
    Pulumi, they want an override as well, and the engine a refresh.

    Args:
        stack: Its name.
        file: Its file.
        services: Those that are lowered, and no other.
        candidate: The slot to lower.
        to: What they get.
        is_outside: Whether their weights were changed outside Pulumi.
    """
    found = StackFile.read(file)
    weights = weight_changes(services, found.services(), found.services_with_weights(), to)
    meanwhile = {CANDIDATE: candidate.value} | ({OVERRIDE: _WHY} if is_outside else {})
    before = found.values(meanwhile)
    config = ("pulumi", "config", "--stack", stack)

    def set_to(path: str, value: str | None) -> Command:
        key = f"{NAMESPACE}:{path}"
        if value is None:
            return Command.of(*config, "rm", key)
        return Command.of(*config, "set", "--path", key, value)

    stable = candidate.other
    refresh = ("--refresh",) if is_outside else ()
    moves = f"gives slot {stable} {to.weight_of(stable)} of {TOTAL_WEIGHT} of the requests"
    first, *others = (set_to(path, value) for path, value in (meanwhile | weights).items())
    return first.then(
        *others,
        Command.of("pulumi", "up", "--stack", stack, *refresh, moves=moves),
        *(set_to(path, value) for path, value in before.items()),
    )


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
    """Of the stack's history, when it was looked at for another holder."""
    options: tuple[str, ...] = ()
    """Of the command line, what neither names services nor the slot to raise."""

    def command(self, *more: str, services: Sequence[str] = (), to: Slot | None = None) -> Command:
        """The command that asks for the same.

        Args:
            more: Options that it had not.
            services: The services to move instead of those that a person named.
            to: The slot to raise, where a person named none.
        """
        words = ["failover", "even" if self.is_even else "ramp"]
        for service in services or self.services:
            words += ["--service", service]
        slot = to or self.to
        words += ["--to", slot.value] if slot is not None else []
        return Command.of(*words, *self.options, *more)

    @property
    def stack_option(self) -> tuple[str, ...]:
        """Of `options` those that name the stack; nothing where it is the selected one."""
        if "--stack" not in self.options:
            return ()
        at = self.options.index("--stack")
        return self.options[at : at + 2]

    def with_bake(self, seconds: float) -> Choice:
        """The same with another bake."""
        words = [*self.options]
        if "--bake" in words:
            at = words.index("--bake")
            del words[at : at + 2]
        return replace(self, options=(*words, "--bake", f"{seconds:g}s"))
