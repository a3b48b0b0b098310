"""A creation that an update began and did not complete: its engine was killed.

The resource may be in AWS, and the state has no id of it. The next update tries to make it again:
AWS refuses what has a given name, and makes a second one of what has none.
Source: pulumi/pulumi, the pending operations of a deployment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.command import Command


@dataclass(frozen=True, slots=True)
class PendingCreation:
    """One of them, as the state has it."""

    urn: str
    inputs: Mapping[str, Any]
    """What it was going to be made with."""
    parent: str = ""
    """The URN of its parent; empty where it has none."""

    @property
    def type_token(self) -> str:
        """Such as `aws:lb/targetGroup:TargetGroup`."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rpartition("::")[2]

    def __str__(self) -> str:
        return f"{self.type_token} {self.name}"


@dataclass(frozen=True, slots=True)
class Made:
    """What was found in AWS of a creation."""

    creation: PendingCreation
    id: str | None
    """None if AWS has nothing, or if a second creation overwrites what AWS has."""
    is_own: bool = True
    """Whether it has the tags that it was going to be made with."""


def pending_creations(deployment: Mapping[str, Any]) -> tuple[PendingCreation, ...]:
    """Those in a deployment, as `pulumi stack export` has it."""
    operations: Sequence[Mapping[str, Any]] = deployment.get("pending_operations") or ()
    resources = (each["resource"] for each in operations if each.get("type") == "creating")
    return tuple(
        PendingCreation(r["urn"], r.get("inputs") or {}, r.get("parent") or "") for r in resources
    )


def foreign(found: Sequence[Made]) -> list[Made]:
    """What has the name of a creation but not the tags of the stack."""
    return [made for made in found if made.id is not None and not made.is_own]


def repair(stack: str, found: Sequence[Made]) -> Command:
    """The command that imports into the state what was made, and then forgets the creations.

    It changes nothing in AWS, so it moves no request. `pulumi refresh --import-pending-creates`
    would be shorter, and with it the engine forgets the creation and imports nothing.
    Source: measured, CLI 3.255.0.
    """
    imports = [import_command(stack, made) for made in found if made.id is not None and made.is_own]
    clear = Command.of(
        *("pulumi", "refresh", "--stack", stack, "--yes", "--skip-preview"),
        "--clear-pending-creates",
    )
    first, *others = [*imports, clear]
    return first.then(*others)


def import_command(stack: str, made: Made, *, protect: bool = False) -> Command:
    """The command that takes what was found into the state, and changes nothing in AWS."""
    creation = made.creation
    parent = creation.parent
    # The stack is everybody's parent, and needs no name.
    is_named = bool(parent) and not parent.split("::")[2].endswith("pulumi:pulumi:Stack")
    return Command.of(
        *("pulumi", "import", "--stack", stack, "--yes", "--skip-preview"),
        *("--generate-code=false", f"--protect={str(protect).lower()}"),
        *(("--parent", f"parent={parent}") if is_named else ()),
        *(creation.type_token, creation.name, str(made.id)),
    )


def words_of(stack: str, found: Sequence[Made]) -> str:
    """The report of pending creations: how many, what they are, and the command."""
    count = len(found)
    noun = "creation is" if count == 1 else "creations are"
    lines = [f"{count} {noun} pending: an update was killed while it made what follows"]
    for made in found:
        lines.append(f"  {made.creation}: {_state(made)}")
    others = foreign(found)
    if others:
        names = ", ".join(str(made.creation) for made in others)
        lines.append(
            f"  fix: give {names} another name in the config, or delete what has that name"
        )
    else:
        lines.append(f"  fix: {repair(stack, found)}")
    return "\n".join(lines)


def _state(made: Made) -> str:
    if made.id is None:
        return "nothing to import; the next update makes it"
    return f"made, {made.id}" if made.is_own else f"{made.id} is there with other tags"
