"""Starting a driver where its folder cannot be written: a full disk, or one that is read only."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.journal.journal import FileJournal, JournalError, Ramps, identity_in
from ops.journal.lines import PlainLines
from ops.ramp.driver.driver import Ending
from ops.ramp.driver.ports import RampObserver
from ops.ramp.launch import Launcher
from ops.ramp.resume.find import UnfinishedRamp
from ops.ramp.stack.commands import Choice
from ops.report.report import Written, write_report
from rollout.entry import Entry
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.progress import WHY_BY_HAND, folded
from rollout.ramp_event import BakeStart, RampEvent, RollbackStart, SplitReadBack
from rollout.recovery import recovered
from rollout.split import Slot, Split
from rollout.verdict import Outcome
from tests.ops.ramp.fakes import START, KilledError
from tests.ops.ramp.world import IDENTITY, LIMITS, NEXT, SERVICES, World

PLAN = RampPlan(SERVICES, Slot.SECOND, Split(100, 0), (50, 100))


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A place where no folder can be made."""
    (tmp_path / "full").write_text("")
    return tmp_path / "full" / "ramp"


def launcher(world: World, folder: Path, *observers: RampObserver) -> Launcher:
    ramps = Ramps(folder.parent, IDENTITY)
    stack: Any = SimpleNamespace(
        live=lambda: world, engine=world, ramps=ramps, identity=IDENTITY, next=NEXT
    )
    return Launcher(stack, LeaseHolder("somebody", "here", 4711), LIMITS, Choice(), observers)


def test_a_done_ramp_goes_back_without_a_journal(world: World, full: Path) -> None:
    world.run(PLAN)

    ending = launcher(world, full).undo(PLAN, "r", full, "by hand")

    assert ending.words.startswith("rolled back by hand: portal+web at 100/0")
    assert ending.words.count("not in the journal") == 1
    assert " more)" in ending.words
    assert set(world.live.values()) == {Split(100, 0)}


def test_a_second_ctrl_c_does_not_cut_off_the_report(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(folder: Path) -> Written:
        os.kill(os.getpid(), signal.SIGINT)
        return write_report(folder)

    monkeypatch.setattr("ops.ramp.launch.write_report", interrupted)
    world.run(PLAN)
    folder = tmp_path / "ramps" / "r"

    ending = launcher(world, folder).undo(PLAN, "r", folder, "by hand")

    assert ending.words.startswith("rolled back by hand: portal+web at 100/0")
    assert list(folder.glob("*.html"))


def test_a_ramp_that_only_the_history_knows_goes_back_without_a_journal(
    world: World, full: Path
) -> None:
    kill_when_verified(world)

    ending = launcher(world, full).go_back(found(world, full), "r", "by hand", PLAN.start)

    assert ending.words.startswith("rolled back by hand: portal+web at 100/0")
    assert set(world.live.values()) == {Split(100, 0)}


def test_a_ramp_that_somebody_lowered_below_its_start_ends_where_it_is(
    world: World, tmp_path: Path
) -> None:
    plan = RampPlan(SERVICES, Slot.SECOND, Split(75, 25), (50, 100))
    world.live = dict.fromkeys(SERVICES, plan.start)
    kill_when_verified(world, plan)
    lowered = Split(100, 0)
    world.live = dict.fromkeys(SERVICES, lowered)
    folder = tmp_path / "ramps" / "r"

    ending = launcher(world, folder).go_back(found(world, folder), "r", "by hand", lowered)

    assert ending.words.startswith("rolled back by hand: portal+web at 100/0")
    assert set(world.live.values()) == {lowered}
    assert (world.floors(), world.candidate(), world.has_released()) == ({}, None, True)


def test_a_rollback_never_raises_the_slot_that_somebody_lowered_in_the_meantime(
    world: World, tmp_path: Path
) -> None:
    plan = RampPlan(SERVICES, Slot.SECOND, Split(75, 25), (50, 100))
    world.live = dict.fromkeys(SERVICES, plan.start)
    kill_when_verified(world, plan)
    world.live["web"] = Split(100, 0)
    folder = tmp_path / "ramps" / "r"

    ending = launcher(world, folder).go_back(found(world, folder), "r", "by hand", plan.start)

    assert ending.exit_code == 3
    assert "it would raise slot 02, which the ramp raised: web at 100/0" in ending.words
    assert world.live["web"] == Split(100, 0)


def test_a_ramp_goes_on_by_no_journal_that_cannot_be_kept(world: World, full: Path) -> None:
    kill_when_verified(world)

    with pytest.raises(JournalError, match="Not a directory"):
        launcher(world, full).resume(found(world, full), "r")

    assert set(world.live.values()) == {Split(50, 50)}


def test_a_rollback_waits_for_an_aws_that_throttles_from_its_first_question_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(PLAN)
    folder = tmp_path / "ramps" / "r"
    monkeypatch.setattr("ops.ramp.launch.SystemRampClock", lambda: world.clock)
    world.throttled_until = world.clock.seconds + 20
    asked = launcher(world, folder)

    ending = asked.undo(PLAN, "r", folder, "by hand")

    assert ending.words.startswith("rolled back by hand: portal+web at 100/0")
    world.throttled_until = world.clock.seconds + 20
    assert asked.reader.splits() == dict.fromkeys(SERVICES, Split(100, 0))


def test_a_ramp_that_was_stopped_before_its_first_stage_is_rolled_back_by_hand(
    world: World, tmp_path: Path
) -> None:
    said: list[str] = []
    folder = tmp_path / "ramps" / "r"
    kill_at(world, BakeStart)
    asked = launcher(world, folder, PlainLines(said.append, world.clock.monotonic))

    ending = asked.go_back(found(world, folder), "r", WHY_BY_HAND, PLAN.start)

    words = "rolled back by hand: portal+web at 100/0; no stage of the ramp had begun"
    assert ending == Ending(0, words, is_back=True)
    opening = said[0].partition(" ")[2]
    assert opening.startswith("rollback of portal+web verified at 100/0, stage 0/2, by ")
    assert not any("refused" in line for line in said)
    back = next(e for e in FileJournal(folder).entries() if isinstance(e.event, RollbackStart))
    assert isinstance(back.event, RollbackStart)
    assert back.event.by_hand is True


def test_a_rollback_by_hand_says_the_reason_that_a_person_gave(
    world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "ramps" / "r"
    kill_at(world, SplitReadBack)

    ending = launcher(world, folder).go_back(
        found(world, folder), "r", "checkout is broken", PLAN.start
    )

    assert ending.words == (
        "rolled back by hand: portal+web at 100/0\n  because:  checkout is broken"
    )


def test_a_ramp_that_a_gate_has_turned_back_is_not_rolled_back_by_hand(
    world: World, tmp_path: Path
) -> None:
    world.gate.says = lambda mark: Outcome.FAIL if mark.number else Outcome.PASS
    folder = tmp_path / "ramps" / "r"
    kill_at(world, RollbackStart)
    progress = folded(world.journal.entries())
    journal = FileJournal(folder)
    for each in world.journal.entries():
        journal.append(each)
    journal.append(Entry(START, "r", RollbackStart(why="fake: fail", to=Split(100, 0))))

    ending = launcher(world, folder).go_back(
        UnfinishedRamp(folder, progress, None), "r", WHY_BY_HAND, PLAN.start
    )

    assert ending.words == "rolled back: portal+web at 100/0\n  because:  fake: fail"


def test_a_shift_by_hand_is_undone_in_the_words_of_a_rollback(world: World, tmp_path: Path) -> None:
    said: list[str] = []
    world.run(PLAN)
    undone = launcher(
        world, tmp_path / "ramps" / "u", PlainLines(said.append, world.clock.monotonic)
    )

    ending = undone.undo(PLAN, "u", tmp_path / "ramps" / "u", WHY_BY_HAND)

    assert ending == Ending(0, "rolled back by hand: portal+web at 100/0", is_back=True)
    first = said[0].partition(" ")[2]
    assert first.startswith("rollback of portal+web: slot 02 from 50, 100 back to 100/0, by ")
    assert not any(" stage " in line or " ramp of " in line for line in said if "|" not in line)


def found(world: World, folder: Path) -> UnfinishedRamp:
    return UnfinishedRamp(folder, None, recovered(world.told[::-1]))


def kill_when_verified(world: World, plan: RampPlan = PLAN) -> None:
    kill_at(world, SplitReadBack, plan)


def kill_at(world: World, kind: type[RampEvent], plan: RampPlan = PLAN) -> None:
    def kill(entry: Any) -> None:
        if isinstance(entry.event, kind):
            raise KilledError

    world.journal.before_append = kill
    with pytest.raises(KilledError):
        world.run(plan)


def test_a_ramp_records_whose_rules_it_moves_also_where_the_history_alone_knew_it(
    world: World, tmp_path: Path
) -> None:
    kill_when_verified(world)

    way = found(world, tmp_path / "r")
    launcher(world, tmp_path / "r").go_back(way, "r", "by hand", PLAN.start)

    assert identity_in(FileJournal(tmp_path / "r").entries()) == IDENTITY
