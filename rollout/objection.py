"""What speaks against an update of a service."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Subject(enum.IntEnum):
    """What an objection is about; of several, an override lets the first through, and all like it.

    In the order in which they are told.
    """

    REMOVAL = 0
    """A service that is live would be deleted."""
    OUT_OF_BAND = 1
    """The live rule is not what the stack left."""
    TARGET_GROUP = 2
    """A live slot would get another target group."""
    BUILD = 3
    """A live slot would be rebuilt."""
    CAPACITY = 4
    """A live slot could lose instances that it needs."""
    RELEASE = 5
    """More than one slot would be released, or one together with a weight that raises it."""
    STAGE = 6
    """The split is not the next stage, nor on the way back."""
    DEAD = 7
    """The slot that would gain weight has no healthy target."""
    FITNESS = 8
    """The slot that would gain weight is not fit for it yet."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that speaks against an update."""

    subject: Subject
    change: str
    """What would be done, such as `90/10 -> 75/25` or `slot 01`."""
    why: str
    fix: str = ""
    """What to type; empty where only waiting helps."""
    may_pass: bool = False
    """Whether it may be gone a moment later, so that it is waited for."""

    @property
    def text(self) -> str:
        """Why, and what fixes it on a line of its own."""
        return f"{self.why}\n  fix: {self.fix}" if self.fix else self.why
