"""Where a rollback by hand leads once the ramp itself is over, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ops.journal.journal import FileJournal, Ramps
from ops.ramp.errors import NotSureError
from ops.ramp.resume.way_back import (
    NothingToRollBack,
    RampHistory,
    RollbackTarget,
    Stack,
    where_back,
)
from ops.ramp.stack.live import SlotReleases
from rollout.plan import RampPlan
from rollout.ramp_event import CapacityChange, RampEnd, RampEvent, StageStart
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.verdict import Outcome
from rollout.way_back import LastRelease
from tests.ops.ramp.fakes import START
from tests.ops.ramp.world import IDENTITY, SERVICES, World

PLAN = RampPlan(SERVICES, Slot.SECOND, Split(50, 50), (75, 100))
HOLD = timedelta(seconds=300)
EVE = START - timedelta(days=1)


def by_hand(split: Split, at: datetime) -> HistoryEntry:
    return HistoryEntry("by hand", True, {}, None, dict.fromkeys(SERVICES, split), at, at)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """At 50/50, where somebody came to from 75/25 by hand, the day before."""
    world = World(tmp_path, "50/50")
    world.told = [by_hand(Split(75, 25), EVE - HOLD), by_hand(Split(50, 50), EVE)]
    return world


def releases(last: Slot | None, at: datetime = EVE) -> dict[str, SlotReleases]:
    builds = {slot: f"ami-{slot} since then" for slot in Slot}
    release = None if last is None else LastRelease(last, at)
    return dict.fromkeys(SERVICES, SlotReleases(release, True, builds))


def stack_of(world: World, found: dict[str, SlotReleases]) -> Stack:
    return Stack("prod", world.stack_file, world.live, found, HOLD, None)


def back(
    world: World, ramps: Path, last: Slot | None = Slot.SECOND
) -> RollbackTarget | NothingToRollBack:
    past = RampHistory(Ramps(ramps, IDENTITY), "r2", world.told[::-1])
    return where_back(past, stack_of(world, releases(last)))


def plan_back(world: World, ramps: Path) -> RampPlan:
    way = back(world, ramps)
    assert isinstance(way, RollbackTarget)
    assert way.found is None
    return way.plan


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

    assert way == NothingToRollBack(
        "nothing to go back to in prod, and nothing was changed: portal at 50/50, web at 50/50\n"
        "  because:  it was rolled back to 50/50 already\n"
        "  portal:   slot 01 has ami-01 since then, slot 02 has ami-02 since then\n"
        "  web:      slot 01 has ami-01 since then, slot 02 has ami-02 since then\n"
        "  the last rollback: fake: as the test has it\n"
        "  next:     failover ramp, to raise a slot in stages"
    )


def test_the_ramp_to_type_next_is_one_of_the_stack_that_was_named(
    world: World, ramps: Path
) -> None:
    fail_at(world, 2)
    world.run(PLAN)
    past = RampHistory(Ramps(ramps, IDENTITY), "r2", world.told[::-1])
    stack = replace(stack_of(world, releases(Slot.SECOND)), option=("--stack", "acme/prod"))

    way = where_back(past, stack)

    assert isinstance(way, NothingToRollBack)
    assert "next:     failover ramp --stack acme/prod, to raise" in way.words


def test_the_history_alone_tells_that_it_went_back(world: World, ramps: Path) -> None:
    fail_at(world, 2)
    world.run(PLAN)

    way = back(world, ramps)

    assert isinstance(way, NothingToRollBack)
    assert "the last rollback" not in way.words


def test_a_shift_by_hand_that_was_taken_back_by_hand_leaves_nothing_to_undo(
    world: World, ramps: Path
) -> None:
    world.live = dict.fromkeys(SERVICES, Split(100, 0))
    steps = (Split(100, 0), Split(90, 10), Split(75, 25), Split(100, 0))
    world.told = [by_hand(split, START) for split in steps]

    way = back(world, ramps)

    assert isinstance(way, NothingToRollBack)
    assert "portal at 100/0, web at 100/0" in way.words
    assert "slot 02 was released last (2026-11-20 09:00:00 UTC), and has no requests" in way.words


def test_a_shift_by_hand_after_a_ramp_that_went_back_is_undone(world: World, ramps: Path) -> None:
    world.told[0] = by_hand(Split(0, 100), EVE - HOLD)
    fail_at(world, 2)
    world.run(PLAN)
    keep_journal(world, ramps)
    world.told.append(by_hand(Split(25, 75), world.clock.now()))
    world.live = dict.fromkeys(SERVICES, Split(25, 75))

    assert plan_back(world, ramps) == RampPlan(SERVICES, Slot.SECOND, Split(50, 50), (75,))


def test_a_ramp_that_is_done_is_taken_back_by_its_journal(world: World, ramps: Path) -> None:
    world.run(PLAN)
    keep_journal(world, ramps)

    way = back(world, ramps)

    assert isinstance(way, RollbackTarget)
    assert way.found is not None
    assert (way.found.plan, way.found.folder) == (PLAN, ramps / "r")


def test_a_ramp_that_is_done_is_taken_back_to_its_start_without_a_journal_too(
    world: World, ramps: Path
) -> None:
    world.run(PLAN)

    assert plan_back(world, ramps) == RampPlan(SERVICES, Slot.SECOND, Split(50, 50), (100,))


def test_the_journal_of_an_older_ramp_says_nothing_of_a_newer_one(
    world: World, ramps: Path
) -> None:
    world.run(PLAN)
    keep_journal(world, ramps)
    world.told = [
        replace(told, message=told.message.replace("(4711)", "(99)")) for told in world.told
    ]

    assert plan_back(world, ramps).start == PLAN.start


def test_after_a_release_onto_the_other_slot_a_finished_ramp_is_not_undone(
    world: World, ramps: Path
) -> None:
    world.run(PLAN)
    keep_journal(world, ramps)
    later = releases(Slot.FIRST, world.clock.now() + HOLD)

    way = where_back(
        RampHistory(Ramps(ramps, IDENTITY), "r2", world.told[::-1]), stack_of(world, later)
    )

    assert isinstance(way, NothingToRollBack)
    assert "slot 01 was released last" in way.words


def test_where_nothing_tells_it_says_what_to_type_for_either_slot(
    world: World, ramps: Path
) -> None:
    world.told = [by_hand(Split(50, 50), EVE)]

    with pytest.raises(NotSureError) as unsure:
        back(world, ramps, None)

    config = "pulumi config --stack prod"
    assert str(unsure.value) == (
        "it is not clear where to go back to in prod, and nothing was changed: portal at 50/50, "
        "web at 50/50\n"
        "  because:  the history has no ramp, and the builds' times do not show which slot was "
        "released last\n"
        "  portal:   slot 01 has ami-01 since then, slot 02 has ami-02 since then\n"
        "  web:      slot 01 has ami-01 since then, slot 02 has ami-02 since then\n"
        "  expected: weights that only updates of this stack change, one slot on trial, and a "
        "split in the history from before it got its weight\n"
        f"  fix:      slot 01 of portal, web is the bad one: {config} set --path "
        f"failover:candidate 01 && {config} set --path failover:weights 0/100 && "
        f"pulumi up --stack prod && {config} rm failover:candidate   "
        "# gives slot 02 100 of 100 of the requests\n"
        f"  or:       slot 02 of portal, web is the bad one: {config} set --path "
        f"failover:candidate 02 && {config} set --path failover:weights 100/0 && "
        f"pulumi up --stack prod && {config} rm failover:candidate   "
        "# gives slot 01 100 of 100 of the requests"
    )


def test_a_candidate_that_a_killed_ramp_left_in_the_file_decides_nothing(
    world: World, ramps: Path
) -> None:
    world.told = [by_hand(Split(50, 50), EVE)]
    world.set_config({"candidate": "02", 'capacity["web"].floors["01"]': "3"})
    left = replace(stack_of(world, releases(None)), candidate=Slot.SECOND)

    with pytest.raises(NotSureError, match="the history has no ramp"):
        where_back(RampHistory(Ramps(ramps, IDENTITY), "r2", world.told), left)


def is_of_the_end(event: RampEvent) -> bool:
    return isinstance(event, RampEnd) or (isinstance(event, CapacityChange) and not event.floors)


@pytest.mark.parametrize("seconds", [-1, 1])
def test_a_killed_ramp_is_undone_unless_the_other_slot_was_released_since(
    world: World, ramps: Path, seconds: int
) -> None:
    world.run(PLAN)
    world.told.pop()
    world.journal.kept = [entry for entry in world.journal.kept if not is_of_the_end(entry.event)]
    keep_journal(world, ramps)
    moved = max(e.at for e in world.journal.kept if isinstance(e.event, StageStart))
    found = releases(Slot.FIRST, moved + timedelta(seconds=seconds))

    way = where_back(
        RampHistory(Ramps(ramps, IDENTITY), "r2", world.told[::-1]), stack_of(world, found)
    )

    assert isinstance(way, RollbackTarget if seconds < 0 else NothingToRollBack)


def test_what_was_changed_outside_pulumi_is_put_back_with_a_refresh_and_an_override(
    world: World, ramps: Path
) -> None:
    world.told = [by_hand(Split(100, 0), EVE)]

    with pytest.raises(NotSureError) as unsure:
        back(world, ramps)

    assert "because:  changed outside Pulumi: the newest update left it at 100/0" in str(
        unsure.value
    )
    config = "pulumi config --stack prod"
    assert (
        f"slot 02 of portal, web is the bad one: {config} set --path failover:candidate 02 && "
        f"{config} set --path failover:override 'a rollback by hand' && "
        f"{config} set --path failover:weights 100/0 && pulumi up --stack prod --refresh && "
        f"{config} rm failover:candidate && {config} rm failover:override"
    ) in str(unsure.value)
