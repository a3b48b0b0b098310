"""Where `failover rollback` goes: a pure decision from history, releases and live rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from rollout.command import RAMP
from rollout.plan import RampPlan
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.split_history import (
    Period,
    is_lowered,
    is_where_it_was_made,
    named_by_hand,
    newest_raised,
    outside_change,
    periods_of,
    rose_from_zero,
)


@dataclass(frozen=True, slots=True)
class LastRelease:
    """The slot of a service whose build is the newer one, and since when it is there."""

    slot: Slot
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownRamp:
    """A ramp that is known by more than the history's messages, and is to be undone as it began."""

    plan: RampPlan
    at: datetime | None
    """When it was last heard of."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rollback is decided from."""

    live: Mapping[str, Split]
    """The split of each service of the stack, as its rule has it."""
    history: Sequence[HistoryEntry]
    """The stack's updates, the newest first."""
    releases: Mapping[str, LastRelease | None]
    """What was released last, by service; `None` where nothing was, or it is unknown."""
    hold: timedelta
    """How long a split has to stand to count as settled."""
    configured: Slot | None = None
    """The `candidate` in the config, where a person has set it."""
    unfinished: KnownRamp | None = None
    unknown: Collection[str] = ()
    """The services of which it is unknown what was released last, and when."""
    stack_option: Sequence[str] = ()
    """What a command ends with to act on the stack."""


@dataclass(frozen=True, slots=True)
class GoBack:
    """The services of `plan` go back to its start."""

    plan: RampPlan


@dataclass(frozen=True, slots=True)
class NothingToUndo:
    """There is nowhere to go back to, and that is as it should be."""

    reasons: Mapping[str, str]
    """Why, by service."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """It is not known where to go back to."""

    reasons: Mapping[str, str]
    """Why, by service."""
    choices: Mapping[str, Mapping[Slot, Split]]
    """What a person can set, by service and by the slot that may be the bad one."""


WayBack: TypeAlias = GoBack | NothingToUndo | Unclear


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The slot that a rollback never raises."""

    slot: Slot
    why: str
    released_at: datetime | None
    """When the build that it has now was released, where that is known."""


@dataclass(frozen=True, slots=True)
class _Aim:
    """Where one service goes back to."""

    candidate: Slot
    split: Split


@dataclass(frozen=True, slots=True)
class _Stay:
    """Why one service has nothing to go back to."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Unsure:
    """Why it is not known where one service goes back to."""

    reason: str
    choices: Mapping[Slot, Split]


def way_back(situation: Situation) -> WayBack:
    """Where a rollback goes.

    The candidate is the slot that the newest ramp raised, unless one was released since; then it is
    that one. A rollback never raises it. Its aim is the newest split before the candidate got its
    weight: where it had none; where a ramp or `even` ended done; where the ramp began that raised
    it; else, of the splits that stood for the hold time, the one that gives it the least.
    """
    if situation.unfinished is not None:
        return _back_of(situation.unfinished, situation)
    found = {service: _found(service, situation) for service in sorted(situation.live)}
    aims = {service: one for service, one in found.items() if isinstance(one, _Aim)}
    if any(isinstance(one, _Unsure) for one in found.values()) or len(set(aims.values())) > 1:
        return _unclear(found)
    if not aims:
        return NothingToUndo({s: one.reason for s, one in found.items() if isinstance(one, _Stay)})
    aim = next(iter(aims.values()))
    weights = {situation.live[service].weight_of(aim.candidate) for service in aims}
    return GoBack(RampPlan(tuple(aims), aim.candidate, aim.split, tuple(sorted(weights))))


def _back_of(ramp: KnownRamp, situation: Situation) -> WayBack:
    """A ramp that did not end goes back to its start, or stays where someone has lowered it to."""
    plan, slot = ramp.plan, ramp.plan.candidate
    live = {service: situation.live.get(service, plan.start) for service in plan.services}
    renewed = [
        service
        for service, split in live.items()
        if _is_released_since(situation.releases.get(service), ramp.at, slot.other)
        and split.weight_of(slot) > plan.start.weight_of(slot)
    ]
    if renewed:
        why = f"slot {slot.other} was released after the ramp of slot {slot}, which did not end"
        if all(split.weight_of(slot.other) == 0 for split in live.values()):
            resume = RAMP.with_options(*situation.stack_option)
            return NothingToUndo(dict.fromkeys(renewed, f"{why}; {resume} resumes it"))
        return Unclear(dict.fromkeys(renewed, why), {s: _emptied(live[s]) for s in renewed})
    lowest = min(live.values(), key=lambda split: split.weight_of(slot))
    if lowest.weight_of(slot) >= plan.start.weight_of(slot):
        aim = _Aim(slot, plan.start)
        found = {s: _unless_outside(s, situation, aim) for s in live if s in situation.live}
        is_clear = not any(isinstance(one, _Unsure) for one in found.values())
        return GoBack(plan) if is_clear else _unclear(found)
    if set(live.values()) == {lowest}:
        return GoBack(plan.begun_at(lowest))
    why = (
        f"the ramp of slot {slot} began at {plan.start}, and someone has lowered the slot further "
        "since, not in all services"
    )
    return Unclear(dict.fromkeys(live, why), {service: {slot: lowest} for service in live})


def _unclear(found: Mapping[str, _Aim | _Unsure] | Mapping[str, _Aim | _Stay | _Unsure]) -> Unclear:
    """One service is unsure, or the aims differ: all services move together, or none."""
    reasons = {service: one.reason for service, one in found.items() if isinstance(one, _Unsure)}
    choices = {service: one.choices for service, one in found.items() if isinstance(one, _Unsure)}
    for service, one in found.items():
        if isinstance(one, _Aim):
            reasons[service] = f"slot {one.candidate} is on trial, and it goes back to {one.split}"
            choices[service] = {one.candidate: one.split}
    return Unclear(reasons, choices)


def _emptied(live: Split) -> dict[Slot, Split]:
    """For each slot that has requests, the split that takes them all from it."""
    return {slot: live.shifted_to(slot, 0) for slot in Slot if live.weight_of(slot)}


def _found(service: str, situation: Situation) -> _Aim | _Stay | _Unsure:
    """Where one service goes back to; why it stays; or what is unclear."""
    live = situation.live[service]
    candidate = _candidate(service, situation)
    if isinstance(candidate, _Unsure):
        is_alone = any(live.weight_of(slot) == 0 for slot in Slot)
        if is_alone and is_where_it_was_made(service, situation.history, live):
            return _Stay(f"it was made at {live}, and nothing has moved it since")
        return candidate
    slot = candidate.slot
    if live.weight_of(slot) == 0:
        return _Stay(f"{candidate.why}, and has no requests")
    periods = periods_of(service, situation.history)
    if service in situation.unknown and is_lowered(periods, live, slot):
        return _Unsure(
            f"{candidate.why}, it was lowered by hand since, and the builds' times do not show "
            f"whether slot {slot.other} was released in between",
            _emptied(live),
        )
    newest = periods[-1] if periods else None
    is_back = newest is not None and newest.is_rolled_back_to and newest.split == live
    is_settled = newest is not None and newest.is_settled(situation.hold)
    aim = None if is_back and is_settled else _aim(candidate, live, periods, situation.hold)
    if aim is not None:
        return _unless_outside(service, situation, _Aim(slot, aim))
    if is_back:
        return _Stay(f"it was rolled back to {live} already")
    return _Unsure(
        f"{candidate.why}, and the history has no split that stood for "
        f"{situation.hold.total_seconds():.0f} s at which it had less than {live.weight_of(slot)}",
        {slot: live.shifted_to(slot, 0)},
    )


def _unless_outside(service: str, situation: Situation, aim: _Aim) -> _Aim | _Unsure:
    """`aim`, unless a change outside Pulumi stands between: an update would be refused."""
    live = situation.live[service]
    left = outside_change(service, situation.history, live, aim.split)
    if left is None:
        return aim
    return _Unsure(
        f"changed outside Pulumi: the newest update left it at {left}", {aim.candidate: aim.split}
    )


def _candidate(service: str, situation: Situation) -> _Candidate | _Unsure:
    """Which slot is on trial."""
    live, configured = situation.live[service], situation.configured
    raised = newest_raised(service, situation.history)
    release = situation.releases.get(service)
    risen = rose_from_zero(service, situation.history, live)
    if raised is not None and not _is_released_since(release, raised.at):
        slot, why = raised.slot, "is the slot that the newest ramp was to raise"
    elif release is not None:
        slot, why = release.slot, f"was released last ({release.at:%Y-%m-%d %H:%M:%S} UTC)"
    elif risen is not None:
        slot, why = risen, "is the only slot that ever rose from weight 0"
    elif configured is not None:
        slot, why = configured, "is the `candidate` in the config"
    else:
        return _Unsure(
            "the history has no ramp, and the builds' times do not show which slot was released "
            "last",
            _emptied(live),
        )
    if configured not in (None, slot):
        why = f"slot {slot} {why}, and the `candidate` in the config is {configured}"
        return _Unsure(why, _emptied(live))
    named = named_by_hand(service, situation.history)
    if named not in (None, slot):
        why = f"slot {slot} {why}, and the newest shift by hand was made with `candidate` {named}"
        return _Unsure(why, _emptied(live))
    is_of_slot = release is not None and release.slot is slot
    released_at = release.at if release is not None and is_of_slot else None
    return _Candidate(slot, f"slot {slot} {why}", released_at)


def _aim(
    candidate: _Candidate, live: Split, periods: Sequence[Period], hold: timedelta
) -> Split | None:
    """The split from before the candidate got its weight; `None` where the history has none."""
    slot, after = candidate.slot, candidate.released_at
    settled: list[Split] = []
    for period in reversed(periods):
        weight = period.split.weight_of(slot)
        if weight == 0:
            return period.split
        if weight >= live.weight_of(slot):
            continue
        ramp = period.ramp_from
        is_start = ramp is not None and ramp.slot is slot and not period.is_stage
        if period.is_done(after) or is_start:
            return period.split
        if period.is_settled(hold, after):
            settled.append(period.split)
    return min(settled, key=lambda split: split.weight_of(slot), default=None)


def _is_released_since(
    release: LastRelease | None, at: datetime | None, slot: Slot | None = None
) -> bool:
    """Whether a build is newer than `at`; with `slot`, one of that slot."""
    if release is None or at is None or slot not in (None, release.slot):
        return False
    return release.at > at
