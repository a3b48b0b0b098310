"""One thing that stands in the way of weighted slots."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from rollout.command import Command


class Weight(enum.StrEnum):
    """How much an obstacle matters to who wants to adopt what it concerns."""

    STOPS = "stops"
    """Adopting is refused until it is out of the way."""
    NOTE = "note"
    """Adopting goes around it, and says how."""


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do about an obstacle."""

    sentence: str
    """What to do, and whose requests that moves."""
    command: Command | None = None
    """Does what the sentence says, and nothing else; `None` where no command is known to."""

    def __str__(self) -> str:
        return self.sentence if self.command is None else f"{self.sentence}: {self.command}"


LEAVE_RULE = Fix("leave the rule as it is: do not name it as a service")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way, why it does, and what to do about it."""

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
    told: tuple[str, ...]
    """What stands where, each with its subject: the first few."""
    more: int
    """How many are not told one by one."""


MOST_TOLD = 6


def alike(found: Sequence[Obstacle]) -> list[Alike]:
    """The obstacles by their fixes, those that stop first."""
    groups: dict[tuple[str, Weight, str, Fix], list[str]] = {}
    for each in sorted(found, key=lambda each: not each.stops):
        key = (each.kind, each.weight, each.why, each.fix)
        groups.setdefault(key, []).append(f"{each.subject}: {each.what}")
    return [
        Alike(weight, why, fix, tuple(told[:MOST_TOLD]), max(0, len(told) - MOST_TOLD))
        for (_, weight, why, fix), told in groups.items()
    ]
