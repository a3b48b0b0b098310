"""What a driver is given in memory: a clock that only waits move, an update, a gate, a journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ops.gates.gate import StageMark
from ops.journal.errors import JournalError
from rollout.entry import Entry
from rollout.verdict import Outcome, Verdict

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class KilledError(BaseException):
    """kill -9: nothing may catch it."""


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.on_wait: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.on_wait()


@dataclass
class Ended:
    seconds: float = 1.0
    changed: Mapping[str, int] = field(default_factory=dict[str, int])
    error: str = ""
    is_locked: bool = False
    is_refused: bool = False


class Update:
    """Does its work when it has been polled a few times, as a real one takes time."""

    pid = 4712

    def __init__(
        self, work: Callable[[], Ended], on_interrupt: Callable[[], None], says: Sequence[str]
    ) -> None:
        self._work = work
        self._says = says
        self._on_interrupt = on_interrupt
        self._polls = 0
        self._ended: Ended | None = None
        self.is_interrupted = False

    def said(self) -> Sequence[str]:
        said, self._says = self._says, ()
        return said

    @property
    def is_over(self) -> bool:
        return self._ended is not None

    def poll(self) -> Ended | None:
        self._polls += 1
        if self.is_interrupted and self._ended is None:
            self._ended = Ended(error="interrupted")
        if self._polls > 3 and self._ended is None:
            self._ended = self._work()
        return self._ended

    def interrupt(self) -> None:
        self.is_interrupted = True
        self._on_interrupt()


class Gate:
    """Says what the test makes it say, by default pass."""

    name = "fake"

    def __init__(self) -> None:
        self.says: Callable[[StageMark], Outcome] = lambda _mark: Outcome.PASS
        self.mark: StageMark | None = None
        self.is_closed = False

    def begin(self, stage: StageMark) -> None:
        self.mark = stage

    def judge(self) -> Verdict:
        assert self.mark is not None
        return Verdict(self.name, self.says(self.mark), "as the test has it")

    def close(self) -> None:
        self.is_closed = True


class MemoryJournal:
    def __init__(self) -> None:
        self.kept: list[Entry] = []
        self.before_append: Callable[[Entry], None] = lambda _entry: None
        self.is_full = False

    def append(self, entry: Entry) -> None:
        self.before_append(entry)
        self.kept.append(Entry.parse(entry.line()))
        if self.is_full:
            raise JournalError("journal.jsonl: No space left on device")

    def entries(self) -> Sequence[Entry]:
        return tuple(self.kept)


class Stop:
    def __init__(self) -> None:
        self.asked = 0
        self.by = "SIGINT"
