"""Where a rollback by hand leads: what it is decided from, and the words of each answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ops.journal.journal import FileJournal, Ramps
from ops.ramp.errors import NotSureError
from ops.ramp.resume.find import Takeover, UnfinishedRamp, newest, unfinished
from ops.ramp.stack.commands import lowering
from ops.ramp.stack.config_file import StackFile
from ops.ramp.stack.live import SlotReleases
from rollout.command import RAMP, Command
from rollout.entry import Entry
from rollout.history_message import HistoryMessage
from rollout.lease import Lease
from rollout.plan import RampPlan
from rollout.progress import holders
from rollout.ramp_event import RampStart, StageStart
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.split_history import outside_change
from rollout.way_back import (
    GoBack,
    KnownRamp,
    NothingToUndo,
    Situation,
    Unclear,
    way_back,
)


@dataclass(frozen=True, slots=True)
class RampHistory:
    """What this machine and the backend know of a stack's ramps."""

    ramps: Ramps
    """Those of the stack that are recorded on this machine."""
    ramp_id: str
    """The id that a ramp gets that has no journal here."""
    history: Sequence[HistoryEntry]
    """The stack's updates, the newest first."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack as it is now, and its config for rollbacks."""

    name: str
    file: Path
    live: Mapping[str, Split]
    releases: Mapping[str, SlotReleases]
    hold: timedelta
    candidate: Slot | None
    """The config's `candidate`."""
    option: tuple[str, ...] = ()
    """The options that name the stack in a command; empty for the selected stack."""


@dataclass(frozen=True, slots=True)
class RollbackTarget:
    """What to undo: a ramp that a journal or the history has, or a shift by hand."""

    plan: RampPlan
    """Its start is where to go back to."""
    found: UnfinishedRamp | None
    """Where it is kept; `None` where no ramp has made the shift, or its journal is not here."""


@dataclass(frozen=True, slots=True)
class NothingToRollBack:
    """There is nothing to go back to."""

    words: str


def where_back(past: RampHistory, stack: Stack) -> RollbackTarget | NothingToRollBack:
    """Where a rollback of `stack` goes.

    Raises:
        NotSureError: it is not known where to.
    """
    found = unfinished(past.ramps, past.history, past.ramp_id, [])  # unread: the command warns
    decided = way_back(_situation(past, stack, found))
    match decided:
        case NothingToUndo():
            return NothingToRollBack(_nothing_words(past, stack, decided.reasons))
        case Unclear():
            raise NotSureError(_unclear_words(past, stack, decided))
        case GoBack(plan):
            return RollbackTarget(plan, found or _own_ramp(past, plan))


def _situation(past: RampHistory, stack: Stack, found: UnfinishedRamp | None) -> Situation:
    left = Takeover.left_in(StackFile.read(stack.file), past.history)
    candidate = stack.candidate if left is None else left.persons(stack.candidate)
    return Situation(
        live=stack.live,
        history=past.history,
        releases={service: each.last for service, each in stack.releases.items()},
        hold=stack.hold,
        configured=candidate,
        unfinished=None if found is None else KnownRamp(found.plan, _last_heard(past, found)),
        unknown=frozenset(s for s, each in stack.releases.items() if not each.has_times),
        stack_option=stack.option,
    )


def _last_heard(past: RampHistory, found: UnfinishedRamp) -> datetime | None:
    """When an unfinished ramp last moved, by its journal, else by the history."""
    if found.recovered is not None:
        lease = found.recovered.lease
        return next((one.at for one in past.history if _lease_in(one.message) == lease), None)
    return last_moved(FileJournal(found.folder).entries())


def _lease_in(text: str) -> Lease | None:
    message = HistoryMessage.parse(text)
    return None if message is None else message.lease


def last_moved(entries: Sequence[Entry]) -> datetime | None:
    """When a ramp last set out to raise its slot; `None` of an empty journal."""
    moves = RampStart | StageStart
    return next((each.at for each in reversed(entries) if isinstance(each.event, moves)), None)


def _own_ramp(past: RampHistory, plan: RampPlan) -> UnfinishedRamp | None:
    """The newest ramp of this machine, where it is the newest of all, and `plan` is to undo it."""
    here = newest(past.ramps, [])
    moved = (HistoryMessage.parse(one.message) for one in past.history)
    last = next((one for one in moved if one is not None), None)
    if here is None or last is None:
        return None
    own = here.progress.plan
    is_it = (own.services, own.candidate, own.start) == (plan.services, plan.candidate, plan.start)
    if not is_it or here.progress.back or last.holder not in holders(here.entries):
        return None
    return UnfinishedRamp(here.folder, here.progress, None)


def _nothing_words(past: RampHistory, stack: Stack, reasons: Mapping[str, str]) -> str:
    here = newest(past.ramps, [])
    back = None if here is None or not here.progress.is_over else here.progress.back
    rolled_back = f"\n  the last rollback: {back}" if back else ""
    return (
        f"nothing to go back to in {stack.name}, and nothing was changed: {_where(stack)}\n"
        f"{_because(reasons)}\n{_builds(stack)}{rolled_back}\n"
        f"  next:     {RAMP.with_options(*stack.option)}, to raise a slot in stages"
    )


def _unclear_words(past: RampHistory, stack: Stack, decided: Unclear) -> str:
    commands = [
        f"slot {slot} of {', '.join(services)} is the bad one: {command}   # {command.moves}"
        for services, slot, command in _rollbacks(past, stack, decided.choices)
    ]
    return (
        f"it is not clear where to go back to in {stack.name}, and nothing was changed: "
        f"{_where(stack)}\n{_because(decided.reasons)}\n{_builds(stack)}\n"
        "  expected: weights that only updates of this stack change, one slot on trial, and a "
        "split in the history from before it got its weight\n"
        "  fix:      " + "\n  or:       ".join(commands)
    )


def _rollbacks(
    past: RampHistory, stack: Stack, choices: Mapping[str, Mapping[Slot, Split]]
) -> Iterator[tuple[list[str], Slot, Command]]:
    """What to type, by the slot that is the bad one; services that go the same way go together."""
    alike: dict[tuple[Slot, Split], list[str]] = {}
    for service, each in sorted(choices.items()):
        for slot, split in each.items():
            alike.setdefault((slot, split), []).append(service)
    for (slot, split), services in alike.items():
        is_outside = any(
            outside_change(service, past.history, stack.live[service], split) is not None
            for service in services
        )
        command = lowering(stack.name, stack.file, services, slot, split, is_outside=is_outside)
        yield services, slot, command


def _where(stack: Stack) -> str:
    return ", ".join(f"{service} at {split}" for service, split in sorted(stack.live.items()))


def _because(reasons: Mapping[str, str]) -> str:
    """Every reason once, with its services where not all have the same."""
    alike: dict[str, list[str]] = {}
    for service, reason in sorted(reasons.items()):
        alike.setdefault(reason, []).append(service)
    if len(alike) == 1:
        return f"  because:  {next(iter(alike))}"
    lines = [f"{', '.join(services)}: {reason}" for reason, services in alike.items()]
    return "  because:  " + "\n            ".join(lines)


def _builds(stack: Stack) -> str:
    return "\n".join(
        f"  {service + ':':<9} " + ", ".join(f"slot {s} has {each.builds[s]}" for s in Slot)
        for service, each in sorted(stack.releases.items())
    )
