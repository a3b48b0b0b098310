"""A ramp found again in the stack's history alone, where its journal is lost or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rollout.capacity import Fleet, fleets_of
from rollout.entry import Entry, EntryKind, Json, timestamp
from rollout.errors import PlanError, SplitError
from rollout.lease import Lease, LeaseHolder, is_letting_go, read_lease
from rollout.plan import RampPlan
from rollout.split import Slot, Split
from rollout.weights_key import CANDIDATE

_START = re.compile(r"ramp of (?P<slot>0[12]) from (?P<start>\d+/\d+) through (?P<weights>[\d,]+)")
_STAGE = re.compile(r"stage (?P<number>\d+)/\d+, ")
_BACK = re.compile(r"rollback to (?P<start>\d+/\d+)")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One update as the history tells it."""

    message: str
    succeeded: bool
    floors: Mapping[str, Mapping[Slot, int]]
    """The floors in the config that it ran with."""
    candidate: str | None = None
    """The `candidate` in that config."""
    splits: Mapping[str, Split] = field(default_factory=dict[str, Split])
    """The split of every service in that config."""
    at: datetime | None = None
    """When it began, by the clock of whoever ran it."""
    ended: datetime | None = None
    """When it ended, by the same clock."""
    is_first: bool = False
    """Whether it is known to be the stack's first update."""


@dataclass(frozen=True, slots=True)
class RecoveredRamp:
    """The newest ramp of a stack's history that has not let go of the wheel."""

    plan: RampPlan
    lease: Lease
    """The newest one of the ramp."""
    counts: Mapping[str, Mapping[Slot, int]]
    stage: int
    """The newest stage whose `up` ended well; 0 where none did."""
    is_going_back: bool
    candidate_was: str | None = None
    """The config's `candidate` in the update before the ramp."""

    def entries(
        self,
        ramp: str,
        now: datetime,
        live: Mapping[str, Split],
        desired: Mapping[str, Mapping[Slot, int]],
    ) -> Iterator[Entry]:
        """What a journal would have to say for the ramp to go on from here.

        The newest stage has to pass its gates again, unless a rule is at the one after it: an `up`
        that was killed leaves nothing in the history, and none begins before its gates have passed.

        Args:
            ramp: The id that the ramp gets.
            now: When that is.
            live: The split of every service.
            desired: The instances that each slot wants now; they have to do for groups that the
                stack only names, which get no floors that the history could tell.
        """
        counts = {s: {**desired[s], **self.counts.get(s, {})} for s in self.plan.services}
        for kind, facts in self._told(set(live.values()), counts):
            yield Entry(now, ramp, kind, facts)

    def _told(
        self, live: Collection[Split], counts: Mapping[str, Mapping[Slot, int]]
    ) -> Iterator[tuple[EntryKind, dict[str, Json]]]:
        plan = self.plan
        why = "as the stack's history tells it"
        found = {service: Fleet(each, {}) for service, each in counts.items()}
        fleets = fleets_of(plan, found, {})
        hand, until = self.lease.hand, self.lease.until
        yield EntryKind.RAMP_STARTED, started_facts(plan, hand, until, counts, fleets)
        floors = floor_texts(counts)
        candidate: Json = [self.candidate_was, plan.candidate.value]
        yield EntryKind.CONFIG_CHANGED, {"changes": {CANDIDATE: candidate}}
        yield EntryKind.CAPACITY, {"stage": max(1, self.stage), "floors": floors, "why": why}
        for stage in plan.stages():
            is_told = stage.number <= self.stage
            if not is_told and not (stage.number == self.stage + 1 and stage.split in live):
                break
            yield _passed(stage.number - 1)
            split = str(stage.split)
            yield EntryKind.STAGE_STARTED, {"stage": stage.number, "of": stage.of, "split": split}
            if is_told:
                splits: dict[str, Json] = dict.fromkeys(plan.services, split)
                yield EntryKind.VERIFIED, {"stage": stage.number, "splits": splits}
        if self.is_going_back:
            yield EntryKind.ROLLBACK_STARTED, {"why": why, "to": str(plan.start)}


def recalled(updates: Sequence[HistoryEntry]) -> RecoveredRamp | None:
    """The ramp that the history leaves unfinished; None where there is none.

    Args:
        updates: The newest first.
    """
    newest: Lease | None = None
    stage = 0
    back_to: str | None = None
    for number, update in enumerate(updates):
        if newest is None and is_letting_go(update.message):
            return None
        lease = read_lease(update.message)
        if lease is None:
            continue
        newest = newest or lease
        back = _BACK.fullmatch(lease.doing)
        back_to = back["start"] if back and back_to is None else back_to
        found = _STAGE.match(lease.doing)
        if found and update.succeeded:
            stage = max(stage, int(found["number"]))
        if _START.fullmatch(lease.doing) is not None:
            plan = plan_told(lease)
            if plan is None or not _is_of(plan, newest, back_to):
                return None
            before = _candidate_before(plan, updates[number + 1 :])
            return RecoveredRamp(plan, newest, update.floors, stage, back_to is not None, before)
    return None


def _candidate_before(plan: RampPlan, earlier: Sequence[HistoryEntry]) -> str | None:
    """The config's `candidate` before a ramp, which may have begun twice after a kill."""
    for update in earlier:
        lease = read_lease(update.message)
        if lease is None or plan_told(lease) != plan:
            # The engine tells a key without a value as an empty one.
            return update.candidate or None
    return None


def _is_of(plan: RampPlan, newest: Lease, back_to: str | None) -> bool:
    """Whether the newest lease is of this ramp, and not of a later one that undid something else.

    Such a one begins with its way back, so the history has no plan of it.
    """
    return newest.services == plan.services and back_to in (None, str(plan.start))


def plan_told(lease: Lease) -> RampPlan | None:
    """The plan in the message of a ramp's first update; None in any other."""
    start = _START.fullmatch(lease.doing)
    if start is None:
        return None
    try:
        weights = tuple(int(weight) for weight in start["weights"].split(","))
        return RampPlan(lease.services, Slot(start["slot"]), Split.parse(start["start"]), weights)
    except (PlanError, SplitError, ValueError):
        return None


def started_facts(
    plan: RampPlan,
    hand: LeaseHolder,
    until: datetime,
    counts: Mapping[str, Mapping[Slot, int]],
    fleets: Mapping[str, int],
) -> dict[str, Json]:
    """The facts of a `ramp-started` entry."""
    return {
        "services": [*plan.services],
        "from": str(plan.start),
        "to": str(plan.target),
        "candidate": plan.candidate.value,
        "stages": [*plan.weights],
        "by": hand.by,
        "host": hand.host,
        "pid": hand.pid,
        "until": timestamp(until),
        "counts": floor_texts(counts),
        "fleets": dict(fleets),
    }


def floor_texts(floors: Mapping[str, Mapping[Slot, int]]) -> dict[str, Json]:
    """Numbers by service and slot, as entries have them."""
    return {
        service: {slot.value: number for slot, number in each.items()}
        for service, each in floors.items()
    }


def _passed(stage: int) -> tuple[EntryKind, dict[str, Json]]:
    return EntryKind.BAKE_FINISHED, {"stage": stage, "seconds": 0.0, "outcome": "pass"}
