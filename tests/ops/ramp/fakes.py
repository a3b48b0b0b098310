"""What a driver is given in memory: a clock that only waits move, an update, a gate, a journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ops.gates.gate import StageMark
from ops.journal.journal import JournalError
from pulumi_cli.update import UpdateResult
from rollout.entry import Entry
from rollout.fleet import IN_SERVICE, FleetMember, Template
from rollout.observation import (
    HEALTHY,
    LiveRule,
    LiveService,
    LiveSlot,
    Target,
)
from rollout.split import Slot, Split
from rollout.verdict import Outcome, Verdict
from tests.fleets.made import group_of

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class KilledError(BaseException):
    """kill -9: nothing may catch it."""


def live_slot(healthy: int, desired: int, largest: int, outdated: int = 0) -> LiveSlot:
    """A slot of one group; so many of its instances run an old build."""
    now = Template("lt-1", "2")
    builds = [Template("lt-1", "1")] * outdated + [now] * max(desired - outdated, 0)
    instances = tuple(FleetMember(f"i-{n}", IN_SERVICE, build) for n, build in enumerate(builds))
    fleet = group_of("group", desired, 0, largest, now, None, instances)
    targets = tuple(Target(f"i-{n}", HEALTHY) for n in range(healthy))
    return LiveSlot("arn:target-group", targets, fleet.kind, fleet)


def live_service(name: str, split: Split, slots: Mapping[Slot, LiveSlot]) -> LiveService:
    rule = LiveRule(name, f"arn:rule/{name}", split.slot_01, split.slot_02)
    return LiveService(rule, slots)


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


def ended(**came: Any) -> UpdateResult:
    """What came of an update of a second."""
    return replace(UpdateResult(1.0, {}), **came)


class Update:
    """Does its work when it has been polled a few times, as a real one takes time."""

    pid = 4712

    def __init__(
        self,
        work: Callable[[], UpdateResult],
        on_interrupt: Callable[[], None],
        says: Sequence[str],
    ) -> None:
        self._work = work
        self._says = says
        self._on_interrupt = on_interrupt
        self._polls = 0
        self._ended: UpdateResult | None = None
        self.is_interrupted = False

    def new_lines(self) -> Sequence[str]:
        said, self._says = self._says, ()
        return said

    @property
    def is_over(self) -> bool:
        return self._ended is not None

    def poll(self) -> UpdateResult | None:
        self._polls += 1
        if self.is_interrupted and self._ended is None:
            self._ended = ended(error="interrupted")
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
        self.asked = 0
        self.reason: Callable[[], str] = lambda: "as the test has it"

    def begin(self, stage: StageMark) -> None:
        self.mark = stage

    def judge(self) -> Verdict:
        assert self.mark is not None
        self.asked += 1
        return Verdict(self.name, self.says(self.mark), self.reason())

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
