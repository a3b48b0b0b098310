"""The message of an update that a ramp runs, in the stack's history, which all machines share.

    portal+web: stage 3/5, 02 at 50, by kim@host (17) until 2026-11-21T09:17:05Z
    portal+web: released at 0/100, by kim@host (17), done

A message has the services that the ramp moves, what the update does, and who holds the lease until
when; the last one of a ramp releases the lease. Messages are read back by later versions and by
drivers on other machines, so their form is for life. A version that changes how the activity is
written appends `; v2` and its number: an older driver still reads the lease, and takes the activity
as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from rollout.entry import read_timestamp, timestamp
from rollout.errors import PlanError, SplitError
from rollout.lease import Lease, LeaseHolder
from rollout.plan import RampPlan, Stage
from rollout.split import Slot, Split

VERSION = 1
"""Of the activities below; messages of version 1 do not name it."""

_MESSAGE = re.compile(
    r"(?P<group>[a-z0-9+-]+): (?P<activity>.+), by (?P<by>\S+)@(?P<host>\S+) \((?P<pid>\d+)\)"
    r"(?: until (?P<until>[^\s;]+)|, done)(?:; v(?P<version>\d+))?"
)


@dataclass(frozen=True, slots=True)
class NewRamp:
    """The first update of a ramp; the plan can be recovered from its message alone."""

    candidate: Slot
    start: Split
    weights: tuple[int, ...]

    @classmethod
    def of(cls, plan: RampPlan) -> NewRamp:
        """The beginning of `plan`."""
        return cls(plan.candidate, plan.start, plan.weights)

    def plan(self, services: tuple[str, ...]) -> RampPlan | None:
        """The plan of the ramp; None where its weights do not rise."""
        try:
            return RampPlan(services, self.candidate, self.start, self.weights)
        except PlanError:
            return None

    def __str__(self) -> str:
        weights = ",".join(map(str, self.weights))
        return f"ramp of {self.candidate} from {self.start} through {weights}"


@dataclass(frozen=True, slots=True)
class StageShift:
    """The update that gives a stage its weights."""

    number: int
    of: int
    candidate: Slot
    weight: int
    """Of the candidate."""

    @classmethod
    def to(cls, stage: Stage, candidate: Slot) -> StageShift:
        """The shift to `stage`."""
        return cls(stage.number, stage.of, candidate, stage.split.weight_of(candidate))

    def __str__(self) -> str:
        return f"stage {self.number}/{self.of}, {self.candidate} at {self.weight}"


@dataclass(frozen=True, slots=True)
class StageCapacity:
    """The update that brings the capacity that a stage needs."""

    shift: StageShift

    def __str__(self) -> str:
        return f"capacity for {self.shift}"


@dataclass(frozen=True, slots=True)
class GroupRollback:
    """The update that gives the group the split it goes back to."""

    to: Split

    def __str__(self) -> str:
        return f"rollback to {self.to}"


@dataclass(frozen=True, slots=True)
class LeaseRelease:
    """The last update of a ramp."""

    split: Split
    """Where it ends."""
    went_back: bool

    def __str__(self) -> str:
        return f"{'rolled back to' if self.went_back else 'released at'} {self.split}"


@dataclass(frozen=True, slots=True)
class OtherActivity:
    """An activity of another version, as it is written."""

    text: str

    def __str__(self) -> str:
        return self.text


Activity: TypeAlias = (
    NewRamp | StageShift | StageCapacity | GroupRollback | LeaseRelease | OtherActivity
)


def _new_ramp(slot: str, start: str, weights: str) -> NewRamp:
    return NewRamp(Slot(slot), Split.parse(start), tuple(map(int, weights.split(","))))


def _shift(number: str, of: str, slot: str, weight: str) -> StageShift:
    return StageShift(int(number), int(of), Slot(slot), int(weight))


def _capacity(number: str, of: str, slot: str, weight: str) -> StageCapacity:
    return StageCapacity(_shift(number, of, slot, weight))


def _rollback(split: str) -> GroupRollback:
    return GroupRollback(Split.parse(split))


def _release(how: str, split: str) -> LeaseRelease:
    return LeaseRelease(Split.parse(split), how == "rolled back to")


_SHIFT = r"stage (\d+)/(\d+), (0[12]) at (\d+)"
_ACTIVITIES: Sequence[tuple[re.Pattern[str], Callable[..., Activity]]] = (
    (
        re.compile(r"ramp of (0[12]) from (\d+/\d+) through (\d+(?:,\d+)*)"),
        _new_ramp,
    ),
    (re.compile(_SHIFT), _shift),
    (re.compile(f"capacity for {_SHIFT}"), _capacity),
    (re.compile(r"rollback to (\d+/\d+)"), _rollback),
    (re.compile(r"(rolled back to|released at) (\d+/\d+)"), _release),
)
"""How each activity is written, beside what its `__str__` writes."""


def parse_activity(text: str) -> Activity:
    """The activity whose `str` is `text`."""
    for pattern, make in _ACTIVITIES:
        match = pattern.fullmatch(text)
        if match is not None:
            try:
                return make(*match.groups())
            except SplitError:
                break
    return OtherActivity(text)


@dataclass(frozen=True, slots=True)
class HistoryMessage:
    """What one update of a ramp does, and who holds the lease with it."""

    services: tuple[str, ...]
    activity: Activity
    holder: LeaseHolder
    until: datetime | None
    """When the lease ends; None where this update released it."""
    version: int = VERSION

    def format(self) -> str:
        """The text that `parse` reads; `until` to the second."""
        held = ", done" if self.until is None else f" until {timestamp(self.until, 'seconds')}"
        version = "" if self.version == 1 else f"; v{self.version}"
        return f"{'+'.join(self.services)}: {self.activity}, by {self.holder}{held}{version}"

    @classmethod
    def parse(cls, text: str) -> HistoryMessage | None:
        """Read the message of an update; None where no ramp wrote it."""
        match = _MESSAGE.fullmatch(text.strip())
        if match is None:
            return None
        try:
            until = None if match["until"] is None else read_timestamp(match["until"])
        except ValueError:
            return None
        version = int(match["version"] or 1)
        text = match["activity"]
        return cls(
            services=tuple(match["group"].split("+")),
            activity=parse_activity(text) if version <= VERSION else OtherActivity(text),
            holder=LeaseHolder(match["by"], match["host"], int(match["pid"])),
            until=until,
            version=version,
        )

    @property
    def lease(self) -> Lease | None:
        """The lease that the update holds; None where it released the lease."""
        if self.until is None:
            return None
        return Lease(self.holder, self.services, str(self.activity), self.until)

    @property
    def is_release(self) -> bool:
        """Whether the update released the lease."""
        return self.until is None

    @property
    def went_back(self) -> bool:
        """Whether the ramp ended where it had begun."""
        return isinstance(self.activity, LeaseRelease) and self.activity.went_back


def current_message(messages: Sequence[str]) -> HistoryMessage | None:
    """The newest message of a ramp that has not released the lease; None where none holds it.

    Updates of others between those of a ramp do not end its lease: a person may change a tag.

    Args:
        messages: Those of the stack's updates, the newest first.
    """
    newest = next((found for text in messages if (found := HistoryMessage.parse(text))), None)
    return None if newest is None or newest.is_release else newest


def current_lease(messages: Sequence[str]) -> Lease | None:
    """The lease of `current_message`."""
    newest = current_message(messages)
    return None if newest is None else newest.lease
