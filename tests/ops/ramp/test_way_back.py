"""Where a rollback by hand leads once the ramp itself is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.journal.journal import FileJournal
from ops.journal.ramps import Ramps
from ops.ramp.errors import BadInputError
from ops.ramp.finding import Found
from ops.ramp.way_back import NothingToUndo, way_back
from rollout.plan import Plan
from rollout.recall import Told
from rollout.split import Slot, Split
from rollout.verdict import Outcome
from tests.ops.ramp.world import IDENTITY, SERVICES, World

PLAN = Plan(SERVICES, Slot.SECOND, Split(50, 50), (75, 100))


def by_hand(split: Split) -> Told:
    return Told("by hand", True, {}, None, dict.fromkeys(SERVICES, split))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """At 50/50, where somebody came to from 75/25 by hand."""
    world = World(tmp_path, "50/50")
    world.told = [by_hand(Split(75, 25)), by_hand(Split(50, 50))]
    return world


def back(world: World, ramps: Path) -> Found | Plan | NothingToUndo:
    return way_back(Ramps(ramps, IDENTITY), "r2", world.told[::-1], world.live, lambda: Slot.SECOND)


def keep_journal(world: World, ramps: Path) -> None:
    """The journal of the ramp, as its machine has it."""
    journal = FileJournal(ramps / "r")
    for entry in world.journal.kept:
        journal.append(entry)


@pytest.fixture
def ramps(tmp_path: Path) -> Path:
    return tmp_path / "ramps"


def fail_at(world: World, stage: int) -> None:
    world.gate.says = lambda mark: Outcome.FAIL if mark.number == stage else Outcome.PASS


@pytest.mark.parametrize("stage", [0, 2])
def test_after_a_ramp_that_went_back_by_itself_there_is_nothing_to_undo(
    world: World, ramps: Path, stage: int
) -> None:
    fail_at(world, stage)
    world.run(PLAN)
    keep_journal(world, ramps)

    way = back(world, ramps)

    assert isinstance(way, NothingToUndo)
    assert "portal+web by somebody@here (4711) has rolled back to 50/50 already" in str(way)
    assert "because:  fake: as the test has it" in str(way)
    assert "pulumi config set weights A/B" in str(way)


def test_the_history_alone_tells_that_it_went_back(world: World, ramps: Path) -> None:
    fail_at(world, 2)
    world.run(PLAN)

    way = back(world, ramps)

    assert isinstance(way, NothingToUndo)
    assert "because" not in str(way)


def test_a_shift_by_hand_after_a_ramp_that_went_back_is_undone(world: World, ramps: Path) -> None:
    fail_at(world, 2)
    world.run(PLAN)
    keep_journal(world, ramps)
    world.told.append(by_hand(Split(25, 75)))
    world.live = dict.fromkeys(SERVICES, Split(25, 75))

    assert back(world, ramps) == Plan(SERVICES, Slot.SECOND, Split(50, 50), (75,))


def test_a_ramp_that_is_done_is_taken_back_by_its_journal(world: World, ramps: Path) -> None:
    world.run(PLAN)
    keep_journal(world, ramps)

    way = back(world, ramps)

    assert isinstance(way, Found)
    assert way.plan == PLAN


def test_a_ramp_that_is_done_is_taken_back_to_its_start_without_a_journal_too(
    world: World, ramps: Path
) -> None:
    world.run(PLAN)

    assert back(world, ramps) == PLAN


def test_the_journal_of_an_older_ramp_says_nothing_of_a_newer_one(
    world: World, ramps: Path
) -> None:
    world.run(PLAN)
    keep_journal(world, ramps)
    world.told = [
        Told(told.message.replace("(4711)", "(99)"), told.succeeded, {}, None, told.splits)
        for told in world.told
    ]

    assert back(world, ramps) == PLAN


def test_without_another_split_in_the_history_it_says_what_to_type(
    world: World, ramps: Path
) -> None:
    world.told = [by_hand(Split(50, 50))]

    with pytest.raises(BadInputError, match="no split to go back to from here: portal at 50/50"):
        back(world, ramps)
