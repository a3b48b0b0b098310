"""How far a ramp is: a fold over its journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rollout.capacity import grown_fleet
from rollout.entry import Entry
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.ramp_event import (
    BakeEnd,
    CapacityChange,
    ConfigChange,
    ConfigValues,
    CountsBySlot,
    HoldEnd,
    RampEnd,
    RampEvent,
    RampOutcome,
    RampStart,
    Resumption,
    RollbackEnd,
    RollbackStart,
    SplitReadBack,
    StageStart,
    WatchEnd,
)
from rollout.split import Slot
from rollout.target_health import RampCounts
from rollout.verdict import Outcome
from rollout.weights_key import CANDIDATE

WHY_BY_HAND = "by hand"
"""The reason of a person who gave none."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known to be done of one ramp. Whatever is not here has to be done again."""

    ramp: str
    plan: RampPlan
    holder: LeaseHolder
    """Who held the lease last."""
    counts: CountsBySlot
    """Instances that each slot wanted before the ramp."""
    fleets: Mapping[str, int]
    """Instances that carried each service before the ramp."""
    floors: CountsBySlot = field(default_factory=dict[str, Mapping[Slot, int]])
    """What the ramp raised each slot to, the newest; also when the floors are removed."""
    floors_verified: CountsBySlot = field(default_factory=dict[str, Mapping[Slot, int]])
    """The floors of the newest verified stage: the candidate had them healthy."""
    has_started: bool = False
    """Whether the gates passed before the first stage, so that weights may move."""
    has_moved: bool = False
    """Whether an `up` that changes weights was ever begun."""
    verified: int = 0
    """The newest stage whose split was read back from the live rules; 0 is the start."""
    passed: int = 0
    """The newest stage that its gates let pass."""
    capacity: int = 0
    """The newest stage that the candidate was brought to the size for."""
    has_floors: bool = False
    """Whether floors or `candidate` were set or the lease was acquired: the last `up` undoes it."""
    has_candidate: bool = False
    """Whether the config's `candidate` was set, so that it must be put back in the end."""
    candidate_was: str | None = None
    """What `candidate` was before the ramp; None where the config had none."""
    is_held: bool = False
    """Whether the hold after the last stage is over."""
    is_released: bool = False
    """Whether the floors are removed and the lease is released."""
    is_watched: bool = False
    """Whether the gates judged to the end of the watch time."""
    back: str | None = None
    """Why the ramp goes back; None while it goes on."""
    is_back_by_hand: bool = False
    """Whether a person asked to go back, before a gate or a guard did."""
    is_back: bool = False
    """Whether every rule is back at the start."""
    outcome: RampOutcome | None = None
    """How it ended; None while it has not."""

    @property
    def counted(self) -> dict[str, RampCounts]:
        """What the gates measure each service by: as the ramp has counted it for its stage."""
        return {service: self._counted(service) for service in self.plan.services}

    def _counted(self, service: str) -> RampCounts:
        counts = self.counts[service]
        floors = (self.floors_verified or self.floors).get(service, counts)
        before = counts[self.plan.stable]
        fleet = grown_fleet(self.fleets[service], before, floors[self.plan.stable])
        return RampCounts(fleet, floors[self.plan.candidate], before)

    @property
    def fleets_grown(self) -> dict[str, int]:
        """Instances that carry each service: as before the ramp, or more where it has grown."""
        stable = self.plan.stable
        return {
            service: grown_fleet(
                fleet,
                self.counts[service][stable],
                self.floors.get(service, {}).get(stable, 0),
            )
            for service, fleet in self.fleets.items()
        }

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to do."""
        return self.outcome is not None


def folded(entries: Iterable[Entry]) -> Progress | None:
    """The progress that the journal of one ramp records; None of an empty journal."""
    progress: Progress | None = None
    for entry in entries:
        match entry.event:
            case RampStart() as start:
                progress = Progress(
                    entry.ramp, start.plan, start.holder, start.counts, start.fleets
                )
            case event if progress is not None:
                progress = _with(progress, event)
            case _:
                pass
    return progress


def holders(entries: Iterable[Entry]) -> set[LeaseHolder]:
    """Everybody who has driven the ramp of a journal."""
    return {
        entry.event.holder for entry in entries if isinstance(entry.event, RampStart | Resumption)
    }


def _with(progress: Progress, event: RampEvent) -> Progress:
    match event:
        case Resumption(holder=holder):
            return replace(progress, holder=holder, outcome=None)
        case CapacityChange(floors=floors) if not floors:
            return replace(progress, has_floors=False, is_released=True)
        case CapacityChange(stage=stage, floors=floors):
            return replace(
                progress, capacity=stage, floors=floors, has_floors=True, is_released=False
            )
        case StageStart():
            return replace(progress, has_moved=True)
        case SplitReadBack(stage=stage):
            return replace(progress, verified=stage, floors_verified=progress.floors)
        case BakeEnd(stage=stage, outcome=Outcome.PASS):
            return replace(progress, has_started=True, passed=stage)
        case HoldEnd():
            return replace(progress, is_held=True)
        case WatchEnd():
            return replace(progress, is_watched=True)
        case ConfigChange(changes=changes):
            return _with_config(progress, changes)
        case RollbackStart(why=why, to=to, by_hand=by_hand):
            plan = progress.plan.begun_at(to)
            if progress.back is not None:  # it was on its way back already
                return replace(progress, plan=plan)
            return replace(progress, back=why, plan=plan, is_back_by_hand=bool(by_hand))
        case RollbackEnd():
            return replace(progress, is_back=True, verified=0, passed=0, has_floors=True)
        case RampEnd(outcome=outcome):
            return replace(progress, outcome=outcome)
        case _:
            return progress


def _with_config(progress: Progress, changes: ConfigValues) -> Progress:
    """Whether the `up` that was to follow came is not known: what was set may be there."""
    is_set = any(
        (".floors" in path and new is not None)
        or (path == CANDIDATE and new == progress.plan.candidate.value)
        for path, (_, new) in changes.items()
    )
    progress = replace(progress, has_floors=progress.has_floors or is_set)
    if CANDIDATE not in changes or progress.has_candidate:
        return progress
    return replace(progress, has_candidate=True, candidate_was=changes[CANDIDATE][0])
