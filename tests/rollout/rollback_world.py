"""A stack in memory whose weights move in every way that there is, with the history it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from rollout.history_message import Activity, LeaseRelease, NewRamp, StageShift
from rollout.lease import LeaseHolder
from rollout.plan import EVEN, RampPlan, lighter, planned
from rollout.recovery import HistoryEntry, recovered
from rollout.split import TOTAL_WEIGHT, Slot, Split
from rollout.way_back import (
    GoBack,
    KnownRamp,
    LastRelease,
    Situation,
    WayBack,
    way_back,
)
from tests.rollout.history import held, released

SERVICES = ("portal", "web")
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOLD = timedelta(seconds=300)
UP_SECONDS = 10
STAGES = (10, 25, 50, 75, 100)
AT_FIRST = Split(100, 0)
HAND = LeaseHolder("anna", "laptop", 4711)


@dataclass(frozen=True)
class Wait:
    seconds: int


@dataclass(frozen=True)
class ByHand:
    """Bare updates, or with `is_console` a change in AWS alone."""

    split: Split
    services: tuple[str, ...] = SERVICES
    is_console: bool = False
    candidate: Slot | None = None
    """In the config of the update, and of no other."""


@dataclass(frozen=True)
class Ramp:
    """Of a slot through all stages; `up_to` of them, then it is `done`, `back` or `killed`."""

    slot: Slot
    up_to: int
    end: str = "done"


@dataclass(frozen=True)
class Even:
    """To half each, done."""


@dataclass(frozen=True)
class Release:
    slot: Slot


@dataclass(frozen=True)
class Rollback:
    """`failover rollback`."""


Move: TypeAlias = "Wait | ByHand | Ramp | Even | Release | Rollback"


@dataclass
class World:
    """At `start`, with no update but the one that made it."""

    start: Split = AT_FIRST
    configured: Slot | None = None
    unknown: tuple[str, ...] = ()
    seconds: int = 0
    live: dict[str, Split] = field(default_factory=dict[str, Split])
    history: list[HistoryEntry] = field(default_factory=list[HistoryEntry])
    """The oldest first."""
    release: LastRelease | None = None
    on_trial: Slot | None = None
    """The slot that was raised by a ramp, or released, last."""
    said: list[WayBack] = field(default_factory=list[WayBack])

    def __post_init__(self) -> None:
        self.live = dict.fromkeys(SERVICES, self.start)
        self._update("")

    def after(self, moves: Sequence[Move]) -> World:
        for move in moves:
            self.make(move)
        return self

    def make(self, move: Move) -> None:
        match move:
            case Wait(seconds):
                self.seconds += seconds
            case ByHand(split, services, is_console, candidate):
                self.live |= dict.fromkeys(services, split)
                if not is_console:
                    self._update("", candidate)
            case Ramp(slot, up_to, end):
                self._ramp(slot, TOTAL_WEIGHT, up_to, end)
            case Even():
                slot = lighter(self.live)
                if slot is not None:
                    self._ramp(slot, EVEN, len(STAGES), "done")
            case Release(slot):
                self.seconds += UP_SECONDS
                self.release, self.on_trial = LastRelease(slot, self.now), slot
                self.seconds += UP_SECONDS
            case Rollback():
                self._roll_back()

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def situation(self) -> Situation:
        history = self.history[::-1]
        found = recovered(history)
        ramp = None
        if found is not None:
            at = next(told.at for told in history if str(HAND) in told.message)
            ramp = KnownRamp(found.plan, at)
        return Situation(
            live=dict(self.live),
            history=history,
            releases=dict.fromkeys(SERVICES, self.release),
            hold=HOLD,
            configured=self.configured,
            unfinished=ramp,
            unknown=self.unknown,
        )

    def decided(self) -> WayBack:
        return way_back(self.situation())

    def _ramp(self, slot: Slot, top: int, up_to: int, end: str) -> None:
        is_apart = len(set(self.live.values())) > 1
        if is_apart or self.live["web"].weight_of(slot) >= top:
            return
        if recovered(self.history[::-1]) is not None:
            return  # `failover ramp` would resume that one
        plan = planned(self.live, slot, STAGES, top)
        self.on_trial = slot
        self._say(plan, NewRamp.of(plan))
        stages = list(plan.stages())[: max(up_to, 0 if end != "done" else 99)]
        for stage in stages:
            self.live |= dict.fromkeys(plan.services, stage.split)
            self._say(plan, StageShift.to(stage, plan.candidate))
            self.seconds += 60
        if end == "done":
            self._update(released(plan, LeaseRelease(plan.target, went_back=False), HAND))
        elif end == "back":
            self._go_back(plan, has_moved=bool(stages))

    def _roll_back(self) -> None:
        decided = self.decided()
        self.said.append(decided)
        if isinstance(decided, GoBack):
            self._go_back(decided.plan, has_moved=True)

    def _go_back(self, plan: RampPlan, *, has_moved: bool) -> None:
        if has_moved:
            self.live |= dict.fromkeys(plan.services, plan.start)
            self._say(plan, f"rollback to {plan.start}")
        self._update(released(plan, LeaseRelease(plan.start, went_back=True), HAND))

    def _say(self, plan: RampPlan, activity: Activity | str) -> None:
        self._update(held(plan, activity, HAND, self.now + timedelta(hours=1)))

    def _update(self, message: str, candidate: Slot | None = None) -> None:
        began, self.seconds = self.now, self.seconds + UP_SECONDS
        is_first = not self.history
        self.history.append(
            HistoryEntry(message, True, {}, candidate, dict(self.live), began, self.now, is_first)
        )


def mirrored(move: Move) -> Move:
    """The same with the slots swapped."""
    match move:
        case ByHand(split, services, is_console, candidate):
            other = None if candidate is None else candidate.other
            return ByHand(mirror(split), services, is_console, other)
        case Ramp(slot, up_to, end):
            return Ramp(slot.other, up_to, end)
        case Release(slot):
            return Release(slot.other)
        case Wait() | Even() | Rollback():
            return move


def mirror(split: Split) -> Split:
    return Split(split.slot_02, split.slot_01)
