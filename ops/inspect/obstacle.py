"""One thing that stands in the way of weighted slots."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class Weight(enum.StrEnum):
    """How much an obstacle matters to who wants to adopt what it concerns."""

    STOPS = "stops"
    """Adopting is refused until it is out of the way."""
    NOTE = "note"
    """Adopting goes around it, and says how."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way, why it does, and the way out."""

    kind: str
    """`<subject>-<what>`, such as `group-shared`; for programs."""
    weight: Weight
    subject: str
    """The rule or group, by the name that the inspection shows it by."""
    what: str
    why: str
    way_out: str
    """A command where there is one."""
    arns: tuple[str, ...] = ()
    """The rules and target groups that it concerns."""

    @property
    def stops(self) -> bool:
        """Whether adopting what it concerns is refused."""
        return self.weight is Weight.STOPS


@dataclass(frozen=True, slots=True)
class Alike:
    """Obstacles with one reason and one way out."""

    weight: Weight
    why: str
    way_out: str
    told: tuple[str, ...]
    """What stands where, each with its subject: the first few."""
    more: int
    """How many are not told one by one."""


MOST_TOLD = 6


def alike(found: Sequence[Obstacle]) -> list[Alike]:
    """The obstacles by their ways out, those that stop first."""
    groups: dict[tuple[str, Weight, str, str], list[str]] = {}
    for each in sorted(found, key=lambda each: not each.stops):
        key = (each.kind, each.weight, each.why, each.way_out)
        groups.setdefault(key, []).append(f"{each.subject}: {each.what}")
    return [
        Alike(weight, why, way_out, tuple(told[:MOST_TOLD]), max(0, len(told) - MOST_TOLD))
        for (_, weight, why, way_out), told in groups.items()
    ]
