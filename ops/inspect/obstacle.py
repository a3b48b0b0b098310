"""One obstacle to weighted slots."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from rollout.command import Command


class Weight(enum.StrEnum):
    """How much an obstacle matters if you want to adopt what it concerns."""

    STOPS = "stops"
    """`failover adopt` refuses until it is fixed."""
    NOTE = "note"
    """`failover adopt` handles it, and reports how."""


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do about an obstacle."""

    sentence: str
    """What to do, and whose requests that moves."""
    command: Command | None = None
    """Does what the sentence states, and nothing else; `None` where no command is known to."""

    def __str__(self) -> str:
        return self.sentence if self.command is None else f"{self.sentence}: {self.command}"


LEAVE_RULE = Fix("leave the rule as it is: do not name it as a service")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What prevents weighted slots, why, and its fix."""

    kind: str
    """`<subject>-<what>`, such as `group-shared`; for programs."""
    weight: Weight
    subject: str
    """The rule or group, by the name that the inspection shows it by."""
    what: str
    why: str
    fix: Fix
    arns: tuple[str, ...] = ()
    """The rules and target groups that it concerns."""

    @property
    def stops(self) -> bool:
        """Whether adopting what it concerns is refused."""
        return self.weight is Weight.STOPS


@dataclass(frozen=True, slots=True)
class Alike:
    """Obstacles with one reason and one fix."""

    weight: Weight
    why: str
    fix: Fix
    shown: tuple[str, ...]
    """The first few, each with its subject."""
    more: int
    """How many are only counted."""


MOST_SHOWN = 6


def alike(found: Sequence[Obstacle]) -> list[Alike]:
    """The obstacles by their fixes, those that stop first."""
    groups: dict[tuple[str, Weight, str, Fix], list[str]] = {}
    for each in sorted(found, key=lambda each: not each.stops):
        key = (each.kind, each.weight, each.why, each.fix)
        groups.setdefault(key, []).append(f"{each.subject}: {each.what}")
    return [
        Alike(weight, why, fix, tuple(lines[:MOST_SHOWN]), max(0, len(lines) - MOST_SHOWN))
        for (_, weight, why, fix), lines in groups.items()
    ]
