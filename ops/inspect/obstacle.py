"""One thing that stands in the way of weighted slots."""

from __future__ import annotations

import enum
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
