"""How far a ramp is: a fold over its journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rollout.capacity import grown_fleet
from rollout.entry import Entry, EntryKind
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.split import Slot, Split
from rollout.target_health import RampCounts
from rollout.weights_key import CANDIDATE

ROLLED_BACK, BY_HAND, REFUSED = "rolled back", "rolled back by hand", "refused"
WHY_BY_HAND = "by hand"
"""The reason of a person who gave none."""
WENT_BACK = (ROLLED_BACK, BY_HAND, REFUSED)
"""How a ramp ends that gave its candidate nothing: a gate or a guard sent it back, or a person did,
or a gate or a guard before any weight had moved."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known to be done of one ramp. Whatever is not here has to be done again."""

    ramp: str
    plan: RampPlan
    hand: LeaseHolder
    """Who had the wheel last."""
    counts: Mapping[str, Mapping[Slot, int]]
    """Instances that each slot wanted before the ramp."""
    fleets: Mapping[str, int]
    """Instances that carried each service before the ramp."""
    floors: Mapping[str, Mapping[Slot, int]] = field(default_factory=dict[str, Mapping[Slot, int]])
    """What the ramp raised each slot to, the newest; also when the floors are removed."""
    floors_verified: Mapping[str, Mapping[Slot, int]] = field(
        default_factory=dict[str, Mapping[Slot, int]]
    )
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
    """Whether floors or `candidate` were set or the wheel was taken: the last `up` undoes it."""
    has_candidate: bool = False
    """Whether the config's `candidate` was set, so that it must be put back in the end."""
    candidate_was: str | None = None
    """What `candidate` was before the ramp; None where the config had none."""
    is_held: bool = False
    """Whether the hold after the last stage is over."""
    is_freed: bool = False
    """Whether the floors are removed and the wheel is let go of."""
    is_watched: bool = False
    """Whether the gates judged to the end of the watch time."""
    back: str | None = None
    """Why the ramp goes back; None while it goes on."""
    is_back_by_hand: bool = False
    """Whether a person asked to go back, before a gate or a guard did."""
    is_back: bool = False
    """Whether every rule is back at the start."""
    outcome: str | None = None
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
        return self.outcome in {"done", *WENT_BACK}


def folded(entries: Iterable[Entry]) -> Progress | None:
    """The progress that the journal of one ramp tells; None of an empty one."""
    progress: Progress | None = None
    for entry in entries:
        if entry.kind is EntryKind.RAMP_STARTED:
            progress = _started(entry)
        elif progress is not None:
            progress = _with(progress, entry)
    return progress


def hands(entries: Iterable[Entry]) -> set[LeaseHolder]:
    """Everybody who has driven the ramp of a journal."""
    kinds = {EntryKind.RAMP_STARTED, EntryKind.RESUMED}
    return {_hand(entry.facts) for entry in entries if entry.kind in kinds}


def plan_of(facts: Mapping[str, Any]) -> RampPlan:
    """The plan that a `ramp-started` entry has."""
    return RampPlan(
        tuple(facts["services"]),
        Slot(facts["candidate"]),
        Split.parse(facts["from"]),
        tuple(facts["stages"]),
    )


def _started(entry: Entry) -> Progress:
    facts: Mapping[str, Any] = entry.facts
    fleets = {service: int(count) for service, count in facts["fleets"].items()}
    return Progress(entry.ramp, plan_of(facts), _hand(facts), _by_slot(facts["counts"]), fleets)


def _by_slot(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[Slot, int]]:
    return {
        service: {Slot(slot): int(count) for slot, count in slots.items()}
        for service, slots in counts.items()
    }


def _hand(facts: Mapping[str, Any]) -> LeaseHolder:
    return LeaseHolder(str(facts["by"]), str(facts["host"]), int(facts["pid"]))


def _with(progress: Progress, entry: Entry) -> Progress:
    facts: Mapping[str, Any] = entry.facts
    match entry.kind:
        case EntryKind.RESUMED:
            return replace(progress, hand=_hand(facts), outcome=None)
        case EntryKind.CAPACITY:
            freed = not facts["floors"]
            if freed:
                return replace(progress, has_floors=False, is_freed=True)
            floors = _by_slot(facts["floors"])
            capacity = facts["stage"]
            return replace(
                progress, capacity=capacity, floors=floors, has_floors=True, is_freed=False
            )
        case EntryKind.STAGE_STARTED:
            return replace(progress, has_moved=True)
        case EntryKind.VERIFIED:
            return replace(progress, verified=facts["stage"], floors_verified=progress.floors)
        case EntryKind.BAKE_FINISHED if facts["outcome"] == "pass":
            return replace(progress, has_started=True, passed=facts["stage"])
        case EntryKind.HOLD_FINISHED:
            return replace(progress, is_held=True)
        case EntryKind.WATCH_FINISHED:
            return replace(progress, is_watched=True)
        case EntryKind.CONFIG_CHANGED:
            return _with_config(progress, facts["changes"])
        case EntryKind.ROLLBACK_STARTED:
            plan = progress.plan.begun_at(Split.parse(facts["to"]))
            if progress.back is not None:  # it was on its way back already
                return replace(progress, plan=plan)
            is_by_hand = bool(facts.get("by_hand"))
            return replace(progress, back=facts["why"], plan=plan, is_back_by_hand=is_by_hand)
        case EntryKind.ROLLBACK_FINISHED:
            return replace(progress, is_back=True, verified=0, passed=0, has_floors=True)
        case EntryKind.RAMP_FINISHED:
            return replace(progress, outcome=facts["outcome"])
        case _:
            return progress


def _with_config(
    progress: Progress, changes: Mapping[str, tuple[str | None, str | None]]
) -> Progress:
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
