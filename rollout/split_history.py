"""The splits that one service stood at, one after another, read from the stack's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from rollout.history_message import (
    GroupRollback,
    HistoryMessage,
    NewRamp,
    StageCapacity,
    StageShift,
)
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split, rising


@dataclass(frozen=True, slots=True)
class Raised:
    """A slot that a ramp raises, or set out to raise."""

    slot: Slot
    at: datetime | None
    """When the newest update of the ramp that names the slot began."""


@dataclass(frozen=True, slots=True)
class Period:
    """A time for which a service stood at one split."""

    split: Split
    since: datetime | None
    """When the update that set it had ended; `None` where the history does not have it."""
    until: datetime | None = None
    """When the update began that left it; `None` where none has, or none that the history has."""
    done_at: datetime | None = None
    """When a ramp or `even` ended here, done."""
    ramp_from: Raised | None = None
    """The ramp that began here and was not rolled back."""
    is_stage: bool = False
    """Whether a ramp moved here on its way: no place to stay, however long it baked."""
    is_rolled_back_to: bool = False
    """Whether a rollback has led here."""

    def is_done(self, after: datetime | None = None) -> bool:
        """Whether a ramp or `even` ended here, done, and not before `after`."""
        return self.done_at is not None and (after is None or self.done_at >= after)

    def is_settled(self, hold: timedelta, after: datetime | None = None) -> bool:
        """Whether a ramp or `even` ended here or it stood for `hold`, since `after`."""
        if self.is_done(after):
            return True
        if self.is_stage or self.since is None or self.until is None:
            return False
        return self.until - max(self.since, after or self.since) >= hold


def periods_of(service: str, history: Sequence[HistoryEntry]) -> list[Period]:
    """The periods of `service`, the oldest first.

    A rollback restores the period that it leads back to: what happened in between is undone, and no
    longer matters for where to go next.

    Args:
        service: Its name.
        history: The stack's updates, the newest first.
    """
    periods: list[Period] = []
    for update in _updates(service, history):
        split = update.splits[service]
        message = _message_of(service, update)
        is_start = message is not None and isinstance(message.activity, NewRamp)
        if message is not None and _is_rollback(message):
            _restore(periods, split, update)
            continue
        if not periods or periods[-1].split != split:
            _leave(periods, update)
            is_stage = message is not None and not message.is_release and not is_start
            periods.append(Period(split, update.ended or update.at, is_stage=is_stage))
        if message is not None and message.is_release:
            periods[-1] = replace(periods[-1], done_at=update.at)
        if is_start:
            periods[-1] = replace(periods[-1], ramp_from=_raised(service, update))
    return periods


def newest_raised(service: str, history: Sequence[HistoryEntry]) -> Raised | None:
    """The slot that the newest ramp of `service` raises; `None` where the history has no ramp.

    A ramp that its gates stopped before the first stage counts too: it set the slot on trial.

    Args:
        service: Its name.
        history: The stack's updates, the newest first.
    """
    return next((raised for past in history if (raised := _raised(service, past))), None)


def named_by_hand(service: str, history: Sequence[HistoryEntry]) -> Slot | None:
    """The `candidate` in the config of the newest shift, where a person made that.

    `None` where a ramp or a rollback made it, or the config had no `candidate`.

    Args:
        service: Its name.
        history: The stack's updates, the newest first.
    """
    updates = list(_updates(service, history))
    for before, update in reversed(list(pairwise(updates))):
        if HistoryMessage.parse(update.message) is not None:
            return None
        if before.splits[service] != update.splits[service]:
            return Slot(update.candidate) if update.candidate in set(Slot) else None
    return None


def rose_from_zero(service: str, history: Sequence[HistoryEntry], live: Split) -> Slot | None:
    """The only slot that ever rose from weight 0; `None` where both did, or the start is unknown.

    Where both did, one of the two rises was a rollback, and the history does not show which.

    Args:
        service: Its name.
        history: The stack's updates, the newest first.
        live: The split now.
    """
    if not history or not history[-1].is_first:
        return None
    splits = [update.splits[service] for update in _updates(service, history)]
    risen = {
        slot
        for before, after in pairwise([*splits, live])
        for slot in Slot
        if before.weight_of(slot) == 0 < after.weight_of(slot)
    }
    return risen.pop() if len(risen) == 1 else None


def is_where_it_was_made(service: str, history: Sequence[HistoryEntry], live: Split) -> bool:
    """Whether by the history the service was made at `live`, and has not moved since.

    Updates that failed count too: one may have moved the rule.

    Args:
        service: Its name.
        history: The stack's updates, the newest first.
        live: The split now.
    """
    with_it = [n for n, update in enumerate(history) if service in update.splits]
    if not with_it or any(history[n].splits[service] != live for n in with_it):
        return False
    oldest = with_it[-1]
    return history[oldest].is_first or any(update.splits for update in history[oldest + 1 :])


def outside_change(
    service: str, history: Sequence[HistoryEntry], live: Split, wanted: Split
) -> Split | None:
    """The split that the newest update left, where someone has moved `live` away from it since.

    Only where an update to `wanted` does not move the same way from both: the guards then refuse
    it, since it would undo what a person did in AWS. `None` in every other case.

    Args:
        service: Its name.
        history: The stack's updates, the newest first.
        live: Its split now.
        wanted: The split that an update is to give it.
    """
    for update in history:
        left = update.splits.get(service)
        if left == live:
            return None  # also where it failed: it has moved this rule
        if left is not None and update.succeeded:
            is_same_way = rising(left, wanted) is rising(live, wanted)
            return None if is_same_way or live == wanted else left
    return None


def is_lowered(periods: Sequence[Period], live: Split, slot: Slot) -> bool:
    """Whether a person has lowered `slot` since a ramp last moved, by bare updates or in AWS.

    Args:
        periods: Of the service, the oldest first.
        live: Its split now.
        slot: The slot.
    """
    last = max((n for n, each in enumerate(periods) if each.is_stage or each.done_at), default=0)
    weights = [each.split.weight_of(slot) for each in periods[last:]] + [live.weight_of(slot)]
    return any(later < earlier for earlier, later in pairwise(weights))


def _updates(service: str, history: Sequence[HistoryEntry]) -> Iterator[HistoryEntry]:
    """The updates that ended well and had the service, the oldest first."""
    return (past for past in reversed(history) if past.succeeded and service in past.splits)


def _message_of(service: str, update: HistoryEntry) -> HistoryMessage | None:
    """The message of a ramp that moves `service`; None of any other update."""
    message = HistoryMessage.parse(update.message)
    return message if message is not None and service in message.services else None


def _is_rollback(message: HistoryMessage) -> bool:
    return message.went_back or isinstance(message.activity, GroupRollback)


def _restore(periods: list[Period], split: Split, update: HistoryEntry) -> None:
    """Make the newest period at `split` the last one again."""
    number = next((n for n in range(len(periods) - 1, -1, -1) if periods[n].split == split), None)
    if number is None:
        _leave(periods, update)
        periods.append(Period(split, update.ended or update.at, is_rolled_back_to=True))
        return
    del periods[number + 1 :]
    restored = periods[number]
    left = restored.ramp_from.at if restored.ramp_from is not None else update.at
    periods[number] = replace(
        restored, until=restored.until or left, ramp_from=None, is_rolled_back_to=True
    )


def _leave(periods: list[Period], update: HistoryEntry) -> None:
    if periods:
        periods[-1] = replace(periods[-1], until=update.at)


def _raised(service: str, past: HistoryEntry) -> Raised | None:
    message = _message_of(service, past)
    if message is None or message.is_release:
        return None
    match message.activity:
        case NewRamp(candidate=slot) | StageShift(candidate=slot):
            return Raised(slot, past.at)
        case StageCapacity(shift):
            return Raised(shift.candidate, past.at)
        case _:
            return None
