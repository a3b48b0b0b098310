"""Why an update of a service may not proceed."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Subject(enum.IntEnum):
    """What an objection is about, in the order in which objections are reported.

    An override lets the objections of one subject through: the first.
    """

    REMOVAL = 0
    """The update would delete a live service."""
    OUT_OF_BAND_CHANGE = 1
    """The live rule was changed outside Pulumi."""
    TARGET_GROUP = 2
    """The update would give a live slot another target group."""
    BUILD = 3
    """The update would rebuild a live slot."""
    CAPACITY = 4
    """A live slot could lose instances that it needs."""
    RELEASE = 5
    """The update would release onto more than one slot, or onto a slot that it also raises."""
    STAGE = 6
    """The split is neither the next stage nor a rollback."""
    DEAD = 7
    """The slot that would gain weight has no healthy target."""
    READINESS = 8
    """The slot that would gain weight is not ready yet."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason why an update may not proceed."""

    subject: Subject
    change: str
    """What the update would change, such as `90/10 -> 75/25` or `slot 01`."""
    why: str
    fix: str = ""
    """The command that fixes it; empty if only waiting helps."""
    may_pass: bool = False
    """Whether it may be gone a moment later, so that the update waits."""

    @property
    def text(self) -> str:
        """The reason, and the fix on a line of its own."""
        return f"{self.why}\n  fix: {self.fix}" if self.fix else self.why
