"""What a ramp prints where there is no view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ops.gates.gate import StageMark
from ops.journal.lines import JsonLines, PlainLines, described
from rollout.entry import KINDS, Entry
from rollout.plan import RampPlan
from rollout.ramp_event import BakeStart, ConfigChange, RampEvent
from rollout.split import Slot, Split
from rollout.verdict import Outcome, Verdict
from tests.ops.ramp.fakes import START
from tests.ops.ramp.world import SERVICES, World

RECORDED = Path(__file__).parents[2] / "rollout" / "recorded"
PLAN = RampPlan(SERVICES, Slot.SECOND, Split(100, 0), (50, 100))


def test_a_person_reads_every_stage_its_live_weights_and_the_commit_to_make(
    tmp_path: Path,
) -> None:
    world, said = World(tmp_path), list[str]()
    world.observers = [PlainLines(said.append, world.clock.monotonic)]

    world.run(PLAN)

    text = "\n".join(said)
    assert "gates before the start" in text
    assert "stage 1/2: 50/50" in text
    assert "live: portal 50/50, web 50/50" in text
    assert 'commit to make: git commit -m "portal+web: stage 1/2, 02 at 50"' in text
    assert said[-1].endswith("ramp done")


def test_a_gate_is_told_of_when_it_says_something_else_and_not_again(tmp_path: Path) -> None:
    world, said = World(tmp_path), list[str]()
    world.gate.says = lambda mark: Outcome.FAIL if mark.number == 2 else Outcome.PASS
    world.observers = [PlainLines(said.append, world.clock.monotonic)]

    world.run(PLAN)

    told = [line.split(" gate ")[1] for line in said if " gate " in line]
    assert told == ["fake: pass - as the test has it", "fake: fail - as the test has it"]


class Waiting:
    """Plain lines, told of a wait once a second as the driver does."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._second = 0.0
        self._lines = PlainLines(self.said.append, lambda: self._second)

    def wait(self, what: Callable[[int], str], seconds: int) -> None:
        for second in range(seconds):
            self._lines.waits(what(second), float(seconds - second))
            self._second += 1.0

    def see(self, event: RampEvent) -> None:
        self._lines.saw(Entry(START, "r", event))


def test_a_bake_of_five_minutes_is_a_line_a_minute_with_the_time_left() -> None:
    waiting = Waiting()
    waiting.see(BakeStart(stage=2, seconds=300))

    waiting.wait(lambda _second: "stage 2/5 bakes", 300)

    assert waiting.said[1:] == [
        "         waits: stage 2/5 bakes (4 m 50 s left)",
        "         waits: stage 2/5 bakes (3 m 50 s left)",
        "         waits: stage 2/5 bakes (2 m 50 s left)",
        "         waits: stage 2/5 bakes (1 m 50 s left)",
        "         waits: stage 2/5 bakes (50 s left)",
    ]


def test_numbers_that_count_up_are_no_news_and_another_wait_is() -> None:
    waiting = Waiting()

    waiting.wait(lambda second: f"held by probe: 0 of {second:,} requests failed", 45)
    waiting.wait(lambda _second: "held by smoke: no answer", 45)

    assert [line.split(": ")[1] for line in waiting.said] == ["held by probe", "held by smoke"]


def test_a_wait_that_is_over_within_seconds_is_not_told() -> None:
    waiting = Waiting()
    waiting.see(BakeStart(stage=1, seconds=5))

    waiting.wait(lambda _second: "stage 1/5 bakes", 5)

    assert len(waiting.said) == 1


def test_a_program_reads_the_journals_own_entries(tmp_path: Path) -> None:
    world, said = World(tmp_path), list[str]()
    world.observers = [JsonLines(said.append)]

    world.run(PLAN)

    assert [Entry.parse(line) for line in said] == world.journal.kept


class BrokenPipe:
    """A terminal that is gone."""

    def saw(self, entry: Entry) -> None:
        raise BrokenPipeError

    def waits(self, what: str, seconds_left: float | None) -> None:
        raise BrokenPipeError

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        raise BrokenPipeError


def test_a_terminal_that_is_gone_does_not_end_the_ramp(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.observers = [BrokenPipe()]

    assert world.run(PLAN).exit_code == 0


def test_every_kind_of_entry_has_words_of_its_own() -> None:
    recorded = sorted(RECORDED.glob("*.jsonl"))
    entries = [Entry.parse(line) for each in recorded for line in each.read_text().splitlines()]

    silent = {type(entry.event) for entry in entries if not described(entry.event)}

    assert {entry.kind for entry in entries} == set(KINDS)
    assert silent == {ConfigChange}


def fails_at_once(_mark: StageMark) -> Outcome:
    return Outcome.FAIL


def test_what_was_refused_before_the_start_says_why(tmp_path: Path) -> None:
    world, said = World(tmp_path), list[str]()
    world.gate.says = fails_at_once
    world.observers = [PlainLines(said.append, world.clock.monotonic)]

    ending = world.run(PLAN)

    assert ending.words.startswith("refused: portal+web at 100/0")
    assert any("fake: as the test has it" in line for line in said)
