"""One hand on the wheel: who ramps, as the message of a stack's update says it, and who may."""

from __future__ import annotations

import datetime
import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rollout.entry import read_timestamp
from rollout.plan import RampPlan, Stage
from rollout.split import Split

_HELD = re.compile(
    r"(?P<group>[a-z0-9+-]+): (?P<doing>.+), by (?P<by>\S+)@(?P<host>\S+) \((?P<pid>\d+)\)"
    r" until (?P<until>\S+)"
)
_FREED = re.compile(
    r"(?P<group>[a-z0-9+-]+): (?P<doing>.+), by (?P<by>\S+)@(?P<host>\S+) \((?P<pid>\d+)\), done"
)
_WENT_BACK = "rolled back to"


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """Whose process it is that moves the weights."""

    by: str
    """A person's or a job's name, without spaces."""
    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.by}@{self.host} ({self.pid})"


@dataclass(frozen=True, slots=True)
class Lease:
    """That `hand` has the wheel of `services` until a time, renewed by every `up` of its ramp."""

    hand: LeaseHolder
    services: tuple[str, ...]
    doing: str
    until: datetime.datetime


@dataclass(frozen=True, slots=True)
class ReleasedLease:
    """That `hand` has let go of the wheel, its ramp over."""

    hand: LeaseHolder
    services: tuple[str, ...]
    doing: str

    @property
    def went_back(self) -> bool:
        """Whether the ramp ended where it had begun."""
        return self.doing.startswith(_WENT_BACK)


class LeaseClaim(enum.Enum):
    """What a lease that was found means for one who wants to ramp."""

    FREE = enum.auto()
    """Nobody ramps."""
    OURS = enum.auto()
    """This very process has it."""
    DEAD = enum.auto()
    """A process of this host had it and is gone: its ramp is there to be resumed."""
    EXPIRED = enum.auto()
    """Its time is over, and nobody can tell what became of it."""
    HELD = enum.auto()
    """Somebody ramps."""


def message_of(plan: RampPlan, doing: str, hand: LeaseHolder, until: datetime.datetime) -> str:
    """The message of an update that keeps the wheel."""
    text = until.astimezone(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"{plan.group}: {doing}, by {hand} until {text}"


def last_message_of(plan: RampPlan, doing: str, hand: LeaseHolder) -> str:
    """The message of the update that lets go of the wheel."""
    return f"{plan.group}: {doing}, by {hand}, done"


def doing_start(plan: RampPlan) -> str:
    """What the first update of a ramp says: enough to find the plan again from it alone."""
    weights = ",".join(map(str, plan.weights))
    return f"ramp of {plan.candidate} from {plan.start} through {weights}"


def doing_stage(plan: RampPlan, stage: Stage) -> str:
    """`stage 3/5, 02 at 50`."""
    weight = stage.split.weight_of(plan.candidate)
    return f"stage {stage.number}/{stage.of}, {plan.candidate} at {weight}"


def doing_end(split: Split, *, went_back: bool) -> str:
    """What the last update of a ramp says: `released at 0/100`, or `rolled back to 100/0`."""
    return f"{_WENT_BACK if went_back else 'released at'} {split}"


def read_lease(message: str) -> Lease | None:
    """The lease in an update's message; None when it is none."""
    match = _HELD.fullmatch(message.strip())
    if match is None:
        return None
    try:
        until = read_timestamp(match["until"])
    except ValueError:
        return None
    return Lease(_hand(match), tuple(match["group"].split("+")), match["doing"], until)


def read_freed(message: str) -> ReleasedLease | None:
    """What the last update of a ramp tells; None of any other."""
    match = _FREED.fullmatch(message.strip())
    if match is None:
        return None
    return ReleasedLease(_hand(match), tuple(match["group"].split("+")), match["doing"])


def is_letting_go(message: str) -> bool:
    """Whether this update let go of the wheel."""
    return read_freed(message) is not None


def current_lease(messages: Sequence[str]) -> Lease | None:
    """The lease that a stack's history leaves standing.

    Updates of others between those of a ramp do not end it, since a person may change a tag.

    Args:
        messages: The messages of the stack's updates, the newest first.
    """
    for message in messages:
        if is_letting_go(message):
            return None
        lease = read_lease(message)
        if lease is not None:
            return lease
    return None


def claim(
    lease: Lease | None, own: LeaseHolder, now: datetime.datetime, *, is_alive: bool
) -> LeaseClaim:
    """What `lease` means for `own`; `is_alive` says whether its process runs on this host."""
    if lease is None:
        return LeaseClaim.FREE
    if lease.hand == own:
        return LeaseClaim.OURS
    if lease.hand.host == own.host:
        return LeaseClaim.HELD if is_alive else LeaseClaim.DEAD
    return LeaseClaim.EXPIRED if now >= lease.until else LeaseClaim.HELD


def _hand(match: re.Match[str]) -> LeaseHolder:
    return LeaseHolder(match["by"], match["host"], int(match["pid"]))
