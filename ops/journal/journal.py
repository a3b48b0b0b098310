"""A ramp's journal on disk: one JSON line an entry, only ever appended to.

`Ramps` has those of one stack: the only way by which a journal is read to act on it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ops.errors import UnsureError
from rollout.entry import Entry
from rollout.errors import EntryError
from rollout.ramp_event import RampStart
from rollout.stack_identity import StackIdentity


class JournalError(UnsureError):
    """The journal cannot be read or written; the text names the file and the system's reason."""


FILE_NAME = "journal.jsonl"

_FIX = (
    "  expected: a file that only this user's drivers write\n"
    "  fix:      move its folder away; the stack's history has what is needed"
)


class Journal(Protocol):
    """Where a ramp's entries go, and come from when it is run again."""

    def append(self, entry: Entry) -> None:
        """Keep `entry`, on disk before this returns.

        Raises:
            JournalError: it is not kept.
        """
        ...

    def entries(self) -> Sequence[Entry]:
        """Every entry, the oldest first, also one that could not be written: it has happened."""
        ...


class FileJournal:
    """The journal of one ramp, `<folder>/journal.jsonl`."""

    def __init__(self, folder: Path) -> None:
        """Read the entries; a line that a kill cut off, or that is being written, is left out.

        Raises:
            JournalError: the file cannot be read.
        """
        self.path = folder / FILE_NAME
        self._entries: list[Entry] = []
        self._torn_at: int | None = None
        """Where a torn last line begins. Whoever appends cuts it off: one who only reads may be
        reading what another process is just writing."""
        try:
            if self.path.exists():
                self._read()
        except OSError as error:
            raise JournalError(f"{self.path}: {error.strerror}\n{_FIX}") from error

    def append(self, entry: Entry) -> None:
        """Write `entry` and see it onto the disk.

        A line that could not be written whole is removed, so that the next one starts a new line.

        Raises:
            JournalError: the disk is full, or the file cannot be written.
        """
        self._entries.append(entry)
        line = f"{entry.line()}\n".encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._torn_at is not None:
                os.truncate(self.path, self._torn_at)
                self._torn_at = None
            with self.path.open("ab") as file:
                end = file.tell()
                try:
                    file.write(line)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    os.truncate(self.path, end)
                    raise
        except OSError as error:
            raise JournalError(
                f"{self.path}: {error.strerror}; the entry `{entry.kind}` is not kept"
            ) from error

    def entries(self) -> Sequence[Entry]:
        """Every entry, also one that could not be written: what happened has happened."""
        return tuple(self._entries)

    def _read(self) -> None:
        """Take in every whole line."""
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        self._torn_at = whole if whole < len(data) else None
        for number, line in enumerate(data[:whole].decode(errors="replace").splitlines(), start=1):
            try:
                self._entries.append(Entry.parse(line))
            except EntryError as error:
                raise JournalError(f"{self.path}, line {number}: {error}\n{_FIX}") from error


def journals(folder: Path) -> list[Path]:
    """The folders of all ramps under `folder` that have a journal, the newest first."""
    found = [path.parent for path in folder.glob(f"*/{FILE_NAME}")]
    return sorted(found, key=lambda path: path.name, reverse=True)


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
