"""Finds the unfinished ramp of a stack, and what of it a new ramp takes over.

It is found by the journals here and by the history that all share; what it left may also be in the
stack file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.journal.journal import Ramps
from ops.ramp.driver.run import Run
from ops.ramp.driver.stack_config import StackConfig, released_floors
from ops.ramp.stack.config_file import StackFile
from rollout.entry import Entry
from rollout.history_message import HistoryMessage
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.progress import Progress, folded, holders
from rollout.ramp_event import ConfigChange
from rollout.recovery import HistoryEntry, RecoveredRamp, recovered
from rollout.split import Slot
from rollout.weights_key import CANDIDATE, floor_changes


@dataclass(frozen=True, slots=True)
class UnfinishedRamp:
    """A ramp that is not over."""

    folder: Path
    """Where its journal lies, or is to lie."""
    progress: Progress | None
    """From its own journal; None if only the history has it."""
    recovered: RecoveredRamp | None
    """From the history, if there is no journal of it here."""

    @property
    def plan(self) -> RampPlan:
        """What it set out to do."""
        if self.progress is not None:
            return self.progress.plan
        assert self.recovered is not None, "a ramp is known by its journal or by the history"
        return self.recovered.plan

    @property
    def is_going_back(self) -> bool:
        """Whether it has begun to go back."""
        if self.progress is not None:
            return self.progress.back is not None
        return self.recovered is not None and self.recovered.is_going_back


def unfinished(
    ramps: Ramps, history: Sequence[HistoryEntry], ramp_id: str, unread: list[str] | None = None
) -> UnfinishedRamp | None:
    """The ramp to resume; None where there is none.

    All machines share the history. A journal of this machine counts only if no other holder has
    begun a ramp since, and if it has lost nothing that the history has. A journal of other rules,
    or of an earlier version that did not record its rules, never counts.

    Raises:
        JournalError: as `newest`.
    """
    from_history = recovered(history)
    here = newest(ramps, unread)
    if here is not None:
        folder, progress, entries = here.folder, here.progress, here.entries
        own = holders(entries)
        is_ours = from_history is None or (
            from_history.lease.holder in own and not _is_short(progress, from_history)
        )
        if is_ours and not progress.is_over and not _is_ended_in(history, entries, progress):
            return UnfinishedRamp(folder, progress, None)
    if from_history is None:
        return None
    return UnfinishedRamp(ramps.new(ramp_id), None, from_history)


def _is_ended_in(
    history: Sequence[HistoryEntry], entries: Sequence[Entry], progress: Progress
) -> bool:
    """Whether the shared history has the end of a ramp whose journal does not.

    Someone else has ended it, from another machine; or the disk was full when it went back. A ramp
    that never acquired the lease is over as soon as another driver has held it since.
    """
    own = holders(entries)
    if progress.capacity == 0:  # it never acquired the lease, so the history has only others
        since = [past for past in history if past.at is not None and past.at > entries[0].at]
        return any(_holder(past.message) not in (None, *own) for past in since)
    for past in history:
        message = HistoryMessage.parse(past.message)
        if message is not None:
            went_back_unseen = message.went_back and progress.back is None
            return message.is_release and (went_back_unseen or message.holder not in own)
    return False


def _holder(text: str) -> LeaseHolder | None:
    message = HistoryMessage.parse(text)
    return None if message is None else message.holder


def _is_short(progress: Progress, recovered: RecoveredRamp) -> bool:
    """Whether a journal has lost its end: no stage begins before the one before has passed."""
    reached = progress.passed + 1 if progress.has_started else 0
    return progress.back is None and (recovered.is_going_back or recovered.stage > reached)


@dataclass(frozen=True, slots=True)
class NewestRamp:
    """The newest ramp of a stack that has a journal on this machine."""

    folder: Path
    progress: Progress
    entries: Sequence[Entry]


def newest(ramps: Ramps, unread: list[str] | None = None) -> NewestRamp | None:
    """The newest ramp of this machine, over or not; none that ended without the lease.

    Args:
        ramps: Those of the stack.
        unread: Gets why a journal cannot be read, which then is passed over: the history has what
            a way back needs.

    Raises:
        JournalError: a journal cannot be read, and there is no `unread`.
    """
    for ramp in ramps.own(unread):
        progress = folded(ramp.entries)
        if progress is not None and not _is_stillborn(progress):
            return NewestRamp(ramp.folder, progress, ramp.entries)
    return None


def foreign(ramps: Ramps) -> Path | None:
    """The folder of an unfinished ramp of this stack's name that moves rules of another stack."""
    return ramps.newest_foreign(_is_left_unfinished)


def _is_left_unfinished(entries: Sequence[Entry]) -> bool:
    progress = folded(entries)
    return progress is not None and not progress.is_over


def _is_stillborn(progress: Progress) -> bool:
    """Whether another driver held the lease, so that the ramp ended before it began."""
    return progress.is_over and progress.capacity == 0 and not progress.has_moved


@dataclass(frozen=True, slots=True)
class Takeover:
    """What a new ramp takes over from the unfinished ramp that it replaces."""

    services: tuple[str, ...]
    """Those that it had floors for."""
    candidate: str
    """The slot that it raised."""
    set_candidate: bool
    """Whether it may have set the config's `candidate` to that."""
    candidate_was: str | None
    """What `candidate` was before that; None where the config had none."""

    @classmethod
    def of(cls, progress: Progress | None, recovered: RecoveredRamp | None) -> Takeover | None:
        """By its journal, else by the history; None where there is neither."""
        if progress is not None:
            plan, was = progress.plan, progress.candidate_was
            return cls(plan.services, plan.candidate.value, progress.has_candidate, was)
        if recovered is not None:
            plan, was = recovered.plan, recovered.candidate_was
            return cls(plan.services, plan.candidate.value, set_candidate=True, candidate_was=was)
        return None

    @classmethod
    def left_in(cls, file: StackFile, history: Sequence[HistoryEntry]) -> Takeover | None:
        """What a ramp left in the stack file that was killed before its first `up` had ended.

        If its journal is lost as well, only the file shows it: by floors, which only ramps set, and
        by a `candidate` that no update ever ran with.

        Args:
            file: The current stack file.
            history: The stack's updates, the newest first.
        """
        floors, candidate = file.floors(file.services()), file.value(CANDIDATE)
        if not floors or candidate is None or not history:
            return None
        had, was = history[0].floors, history[0].candidate or None
        if floors == had or candidate == was:
            return None
        return cls(tuple(sorted(floors)), candidate, set_candidate=True, candidate_was=was)

    def persons(self, candidate: Slot | None) -> Slot | None:
        """A person's `candidate`: that of before the ramp, if the config now has the ramp's."""
        if not self.set_candidate or candidate is None or candidate.value != self.candidate:
            return candidate
        return Slot(self.candidate_was) if self.candidate_was else None

    def transfer_to(self, run: Run) -> None:
        """Let the new ramp put back at its end what this one changed.

        Floors of services that the new ramp does not move go at once, by its first `up`.
        """
        config = StackConfig(run)
        now = config.file().value(CANDIDATE)
        if self.set_candidate and now == self.candidate:
            run.record.write(ConfigChange(changes={CANDIDATE: (self.candidate_was, now)}))
        left = set(self.services) - set(run.record.progress.plan.services)
        run.set_floors(released_floors(config.file(), left))
        config.set(floor_changes({}, config.file().floors(left)))
