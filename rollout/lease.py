"""The lease of a ramp: who moves the weights, until when, and who else may."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """The process that moves the weights."""

    by: str
    """A person's or a job's name, without spaces."""
    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.by}@{self.host} ({self.pid})"


@dataclass(frozen=True, slots=True)
class Lease:
    """`holder` alone moves the weights of `services` until a time; each `up` of its ramp renews."""

    holder: LeaseHolder
    services: tuple[str, ...]
    activity: str
    """What the holder does, in words."""
    until: datetime.datetime


class LeaseState(enum.Enum):
    """What a lease means for a driver that wants to ramp."""

    FREE = enum.auto()
    """No ramp is running."""
    OURS = enum.auto()
    """This very process has it."""
    DEAD = enum.auto()
    """A process of this host had it and has ended: its ramp can be resumed."""
    EXPIRED = enum.auto()
    """Its time is over, and its process is on another host."""
    HELD = enum.auto()
    """Another driver ramps."""


def lease_state(
    lease: Lease | None, own: LeaseHolder, now: datetime.datetime, *, is_alive: bool
) -> LeaseState:
    """What `lease` means for `own`; `is_alive`: whether the holder's process runs on this host."""
    if lease is None:
        return LeaseState.FREE
    if lease.holder == own:
        return LeaseState.OURS
    if lease.holder.host == own.host:
        return LeaseState.HELD if is_alive else LeaseState.DEAD
    return LeaseState.EXPIRED if now >= lease.until else LeaseState.HELD
