"""The command by which a person takes requests from a slot, past no guard but the stages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ops.ramp.stack_file import StackFile
from rollout.command import Command
from rollout.split import TOTAL_WEIGHT, Slot, Split
from rollout.weights_key import CANDIDATE, weight_changes
from settings.declaration.command import NAMESPACE

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
