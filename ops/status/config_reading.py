"""The weights and images of a stack file, here and on git's main branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.deploy.merge import MergedWeights
from ops.errors import InputError
from ops.stack.repository import file_before, is_ignored, short_commit
from ops.stack.stack_file import StackFileError, ours, read_config, value_at
from ops.status.document import MainBranch, UnreadError
from rollout.command import Command, config_remove
from rollout.json_value import map_of
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class ConfigReading:
    """One version of a stack file."""

    weights: Mapping[str, str]
    """By service."""
    own: frozenset[str]
    """The services that have weights of their own."""
    images: Mapping[tuple[str, Slot], str]
    floors: Mapping[tuple[str, Slot], int]
    """What a ramp holds a slot at."""
    notes: tuple[str, ...]
    """What is set for a time: override, candidate, freeze."""
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Our namespace, by bare names."""

    def has(self, path: str) -> bool:
        """Whether a key is set, by its path without the namespace."""
        return value_at(self.config, path) is not None

    @classmethod
    def parse(
        cls, text: str, where: str, *, is_here: bool = True, option: Sequence[str] = ()
    ) -> ConfigReading:
        """Read a stack file.

        Args:
            text: What it holds.
            where: Its name.
            is_here: Whether it is the one in the folder, and not in a commit.
            option: What a command ends with to act on the stack.

        Raises:
            UnreadError: it is none, or a split in it is none.
        """
        try:
            merged = MergedWeights.parse(text, where, is_here=is_here)
            config = ours(read_config(text, where, is_here=is_here) or {})
        except (InputError, StackFileError) as error:
            raise UnreadError(str(error)) from error
        return cls(
            weights={service: str(split) for service, split in merged.splits.items()},
            own=merged.own,
            images=dict(_by_slot(config.get("images"))),
            floors={
                (service, slot): int(str(floor))
                for service, capacity in map_of(config.get("capacity")).items()
                for slot, floor in _slots(map_of(capacity).get("floors"))
                if str(floor).isdigit()
            },
            notes=_notes(config, option),
            config=config,
        )


def _notes(config: Mapping[str, Any], option: Sequence[str]) -> tuple[str, ...]:
    notes: list[str] = []
    if override := config.get("override"):
        remove = config_remove("override").with_options(*option)
        notes.append(f"override is set: {override} ({remove})")
    if candidate := config.get("candidate"):
        notes.append(f"candidate is set: slot {candidate}")
    freeze = map_of(config.get("freeze"))
    if freeze:
        notes.append(f"freeze until {freeze.get('until')}: {freeze.get('reason')}")
    return tuple(notes)


def _by_slot(services: object) -> list[tuple[tuple[str, Slot], str]]:
    return [
        ((service, slot), str(value))
        for service, slots in map_of(services).items()
        for slot, value in _slots(slots)
    ]


def _slots(values: object) -> list[tuple[Slot, Any]]:
    found = map_of(values)
    return [(slot, found[slot.value]) for slot in Slot if slot.value in found]


REFS = ("origin/main", "main")
"""Where main is looked for; the shared one first."""


@dataclass(frozen=True, slots=True)
class MainFile:
    """A stack file on main."""

    branch: MainBranch
    text: str


def read_main(file: Path) -> MainFile | None:
    """`file` on `origin/main`, or on `main` where there is no such branch; nothing is fetched.

    `None` where git ignores the file, as the one of a rehearsal: no main is to have it.

    Raises:
        UnreadError: no git, no repository, no main, or no such file on it.
    """
    try:
        if is_ignored(file):
            return None
        for ref in REFS:
            commit = short_commit(file.parent, ref)
            if commit is not None:
                return MainFile(MainBranch(ref, commit), _text(file, ref))
    except InputError as error:
        raise UnreadError(str(error)) from error
    raise UnreadError(
        f"{file.parent.name} is in no git repository, or it has neither {' nor '.join(REFS)}: "
        "`git fetch origin main` brings the first"
    )


def _text(file: Path, ref: str) -> str:
    text = file_before(file, ref)
    if text is None:
        add, commit = Command.of("git", "add", "--", file.name), _commit_of(file.name)
        share = add.then(commit, Command.of("git", "push"))
        raise UnreadError(f"{ref} has no {file.name}; to share this one: {share}")
    return text


def _commit_of(name: str) -> Command:
    return Command.of("git", "commit", "-m", f"Add {name}", "--", name)
