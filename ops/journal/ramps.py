"""The ramps of one stack in this folder: the only way by which a journal is read to act on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.journal.errors import JournalError
from ops.journal.journal import FileJournal, journals
from rollout.entry import Entry
from rollout.ramp_event import RampStart
from rollout.stack_identity import StackIdentity


@dataclass(frozen=True, slots=True)
class RecordedRamp:
    """A ramp whose journal is here, and whose rules are this stack's."""

    folder: Path
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Ramps:
    """Where a stack keeps its ramps, and which of the journals there are its own.

    A folder also holds journals of other stacks of that name: a destroyed stack, a stack in another
    backend, a rehearsal that ended. Their rules are not this stack's.
    """

    folder: Path
    """`.failover/ramps/<stack>`."""
    identity: StackIdentity

    def new(self, ramp: str) -> Path:
        """The folder of a ramp that begins."""
        return self.folder / ramp

    def own(self, unread: list[str] | None = None) -> Iterator[RecordedRamp]:
        """The ramps that belong to the stack, the newest first.

        Args:
            unread: Gets why a journal cannot be read, which then is passed over.

        Raises:
            JournalError: a journal cannot be read, and there is no `unread`.
        """
        for ramp in self._readable(unread):
            if self.identity.owns(identity_in(ramp.entries)):
                yield ramp

    def newest_foreign(self, is_unfinished: Callable[[Sequence[Entry]], bool]) -> Path | None:
        """The newest unfinished ramp here that is of another stack, and newer than the own ones."""
        for ramp in self._readable(unread=[]):
            if self.identity.owns(identity_in(ramp.entries)):
                return None
            if is_unfinished(ramp.entries):
                return ramp.folder
        return None

    def _readable(self, unread: list[str] | None) -> Iterator[RecordedRamp]:
        for folder in journals(self.folder):
            try:
                yield RecordedRamp(folder, FileJournal(folder).entries())
            except JournalError as error:
                if unread is None:
                    raise
                unread.append(str(error))


def identity_in(entries: Sequence[Entry]) -> StackIdentity | None:
    """The stack that a journal belongs to; None where an earlier version did not record it."""
    for entry in entries:
        if isinstance(entry.event, RampStart):
            return entry.event.stack
    return None
