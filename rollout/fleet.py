"""What fills a slot: a fleet of some kind, as a value that is the same for every kind.

Guards, driver, gates, plan and status read only this value, and ask the kind for its words. A kind
is a folder of `fleets`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from rollout.split import Slot

IN_SERVICE = "InService"


@dataclass(frozen=True, slots=True)
class Template:
    """What a member is made from: a version of a launch template, a launch configuration, ..."""

    source: str
    """Its id or its name."""
    version: str = ""
    """The number of the version; empty for what has none."""

    def __str__(self) -> str:
        return f"version {self.version}" if self.version else self.source


@dataclass(frozen=True, slots=True)
class Revision:
    """What a fleet runs: two revisions with the same parts are one build."""

    name: str
    """How messages name the build, such as the id of an image."""
    parts: Mapping[str, str]
    """What the build is made of, in words: `image` -> `ami-...`; see `digest` for long ones."""
    at: datetime
    """When it was released: tags alone make no new revision."""
    is_first: bool
    """Whether the fleet never had another one: it came with the slot and was not released."""


@dataclass(frozen=True, slots=True)
class FleetMember:
    """An instance of a fleet."""

    id: str
    lifecycle_state: str
    """AWS's word, such as Pending, InService, Terminating."""
    template: Template | None
    """What it was made from; `None` if that was deleted, or the kind has none."""


class FleetKind(Protocol):
    """A kind of fleet: its words. They are the same for every fleet of the kind."""

    key: ClassVar[str]
    """Its key in the config and in the stack's outputs, such as `autoScalingGroup`."""
    noun: ClassVar[str]
    """A fleet of it in words, with its article: `an Auto Scaling group`."""
    absent: ClassVar[str]
    """Why a slot has none, in words that follow a colon."""
    has_templates: ClassVar[bool]
    """Whether AWS shows what each member was made from."""

    def wants(self, fleet: Fleet) -> str:
        """How many members the fleet is to have, in words: `its group wants 3`."""
        ...

    def launches(self, fleet: Fleet) -> str:
        """What new members are made from, in words: `its group launches version 4`."""
        ...

    def grown(self, fleet: Fleet, needed: int) -> str:
        """What to type, or to do, so that the fleet has `needed` members by hand."""
        ...

    def restored(self, service: str, slot: Slot, was: Revision) -> str:
        """The command that puts an earlier revision back into the config; empty for none."""
        ...


@dataclass(frozen=True, slots=True)
class Fleet:
    """The fleet of a slot as AWS has it at one moment."""

    kind: FleetKind
    name: str
    region: str
    desired: int
    """How many members it is to have."""
    least: int
    most: int | None
    """`None` where nothing limits it, or nothing shows the limit."""
    floor: int
    """The minimum that a ramp holds it at; 0 for none."""
    pinned: Template | None
    """What it launches now; `None` if AWS reports nothing."""
    revision: Revision | None
    """The build of `pinned`; `None` if it is unknown, or was not read."""
    members: tuple[FleetMember, ...]
    delays: tuple[str, ...] = ()
    """What keeps its members from serving that they have not caused, each in words."""

    @property
    def in_service(self) -> tuple[FleetMember, ...]:
        """The members that AWS counts."""
        return tuple(each for each in self.members if each.lifecycle_state == IN_SERVICE)

    @property
    def outdated(self) -> tuple[FleetMember, ...]:
        """The members in service that were not made from `pinned`."""
        return tuple(each for each in self.in_service if each.template != self.pinned)


@dataclass(frozen=True, slots=True)
class WantedFleet:
    """The fleet of a slot as the config has it, or as the stack recorded it."""

    kind: FleetKind | None
    """`None` where the stack recorded no fleet."""
    name: str = ""
    """Empty where nothing names it."""
    parts: Mapping[str, str] | None = None
    """The parts of its revision; `None` for a fleet that the stack only names."""
    least: int = 0
    """The declared minimum, which includes a ramp's floor."""
    most: int = 0
    floor: int = 0
    """A ramp's floor; 0 for none."""

    @property
    def is_ours(self) -> bool:
        """Whether the stack declares it: its revision and its size are config."""
        return self.parts is not None


def digest(text: str) -> str:
    """A long or secret part of a revision: its hash and its size; empty for an empty text."""
    if not text:
        return ""
    raw = text.encode()
    return f"sha256 {hashlib.sha256(raw).hexdigest()[:12]}, {len(raw)} bytes"


def changed_parts(was: Mapping[str, str], becomes: Mapping[str, str]) -> str:
    """What differs between two builds, in words; empty for one build.

    `image ami-1 -> ami-2`; a digest is in brackets, since it has a comma of its own.
    """
    names = [*becomes, *(name for name in was if name not in becomes)]
    changed: list[str] = []
    for name in names:
        before, after = was.get(name, ""), becomes.get(name, "")
        if before != after:
            change = f"{before or 'none'} -> {after or 'none'}"
            is_digest = "sha256 " in before + after
            changed.append(f"{name} ({change})" if is_digest else f"{name} {change}")
    return ", ".join(changed)


def is_renamed(was: Revision, becomes: Mapping[str, str]) -> bool:
    """Whether the part that names the build is what changes."""
    return was.name not in becomes.values()
