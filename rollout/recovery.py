"""A ramp found again in the stack's history alone, where its journal is lost or elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rollout.capacity import FleetSizes, fleets_of
from rollout.entry import Entry
from rollout.history_message import VERSION, GroupRollback, HistoryMessage, NewRamp, StageShift
from rollout.lease import Lease
from rollout.plan import RampPlan
from rollout.ramp_event import (
    BakeEnd,
    CapacityChange,
    ConfigChange,
    CountsBySlot,
    RampEvent,
    RampStart,
    RollbackStart,
    SplitReadBack,
    StageStart,
)
from rollout.split import Split
from rollout.stack_identity import StackIdentity
from rollout.verdict import Outcome
from rollout.weights_key import CANDIDATE


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One update of the stack's history."""

    message: str
    succeeded: bool
    floors: CountsBySlot
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
    """The newest ramp of a stack's history that has not released its lease."""

    plan: RampPlan
    lease: Lease
    """The newest one of the ramp."""
    counts: CountsBySlot
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
        desired: CountsBySlot,
        stack: StackIdentity | None = None,
    ) -> Iterator[Entry]:
        """The entries that a journal needs for the ramp to continue from here.

        The newest stage has to pass its gates again, unless a rule is at the one after it: an `up`
        that was killed leaves nothing in the history, and none begins before its gates have passed.

        Args:
            ramp: The id that the ramp gets.
            now: When that is.
            live: The split of every service.
            desired: The instances that each slot wants now; used for groups that the stack only
                names, which have no floors in the history.
            stack: Whose rules the ramp moves.
        """
        counts = {s: {**desired[s], **self.counts.get(s, {})} for s in self.plan.services}
        for event in self._events(set(live.values()), counts, stack):
            yield Entry(now, ramp, event)

    def _events(
        self, live: Collection[Split], counts: CountsBySlot, stack: StackIdentity | None
    ) -> Iterator[RampEvent]:
        plan, lease = self.plan, self.lease
        why = "recovered from the stack's history"
        found = {service: FleetSizes(each, {}) for service, each in counts.items()}
        fleets = fleets_of(plan, found, {})
        yield RampStart.of(plan, lease.holder, lease.until, counts, fleets, stack)
        yield ConfigChange(changes={CANDIDATE: (self.candidate_was, plan.candidate.value)})
        yield CapacityChange(stage=max(1, self.stage), floors=counts, why=why)
        for stage in plan.stages():
            is_recorded = stage.number <= self.stage
            if not is_recorded and not (stage.number == self.stage + 1 and stage.split in live):
                break
            yield BakeEnd(stage=stage.number - 1, seconds=0.0, outcome=Outcome.PASS)
            yield StageStart.at(stage)
            if is_recorded:
                splits = dict.fromkeys(plan.services, stage.split)
                yield SplitReadBack(stage=stage.number, splits=splits)
        if self.is_going_back:
            yield RollbackStart(why=why, to=plan.start)


def recovered(updates: Sequence[HistoryEntry]) -> RecoveredRamp | None:
    """The ramp that the history leaves unfinished; None where there is none.

    Args:
        updates: The newest first.
    """
    newest: Lease | None = None
    stage = 0
    back_to: Split | None = None
    for number, update in enumerate(updates):
        message = HistoryMessage.parse(update.message)
        if message is None:
            continue
        if message.version > VERSION:
            return None  # a later version's ramp: what it did, and which plan it has, is not known
        lease = message.lease
        if lease is None:
            if newest is None:
                return None
            continue
        newest = newest or lease
        match message.activity:
            case GroupRollback(to):
                back_to = back_to or to
            case StageShift(found) if update.succeeded:
                stage = max(stage, found)
            case NewRamp() as begun:
                plan = begun.plan(message.services)
                if plan is None or not _is_of(plan, newest, back_to):
                    return None
                before = _candidate_before(plan, updates[number + 1 :])
                going_back = back_to is not None
                return RecoveredRamp(plan, newest, update.floors, stage, going_back, before)
            case _:
                pass
    return None


def _candidate_before(plan: RampPlan, earlier: Sequence[HistoryEntry]) -> str | None:
    """The config's `candidate` before a ramp, which may have begun twice after a kill."""
    for update in earlier:
        if _plan_in(update.message) != plan:
            # The engine returns a key without a value as an empty one.
            return update.candidate or None
    return None


def _plan_in(message: str) -> RampPlan | None:
    """The plan in the message of a ramp's first update; None in any other."""
    found = HistoryMessage.parse(message)
    if found is None or not isinstance(found.activity, NewRamp):
        return None
    return found.activity.plan(found.services)


def _is_of(plan: RampPlan, newest: Lease, back_to: Split | None) -> bool:
    """Whether the newest lease is of this ramp, and not of a later one that undid something else.

    Such a ramp begins with its rollback, so the history has no plan of it.
    """
    return newest.services == plan.services and back_to in (None, plan.start)
