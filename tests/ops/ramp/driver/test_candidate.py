"""What the guards are told of which slot a ramp raises."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.ramp.driver.driver import Ending
from ops.ramp.resume.find import Takeover
from ops.ramp.stack.config_file import StackFile
from rollout.entry import Entry
from rollout.plan import RampPlan
from rollout.progress import folded
from rollout.ramp_event import SplitReadBack, UpdateStart
from rollout.recovery import HistoryEntry, recovered
from rollout.split import Slot, Split
from rollout.verdict import Outcome
from tests.ops.ramp.fakes import KilledError
from tests.ops.ramp.world import SERVICES, World

PLAN = RampPlan(SERVICES, Slot.SECOND, Split(50, 50), (75, 100))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, "50/50")


def guard(world: World, message: str) -> str:
    """As the program's: without a candidate, the lighter slot is the one to be raised."""
    live = world.live["web"]
    is_slot_01 = live.slot_01 < live.slot_02
    candidate = world.candidate() or ("01" if is_slot_01 else "02")
    is_way_up = "rollback" in message and candidate == "01"
    return "judgement: refused: next stage is 10/90" if is_way_up else ""


def test_the_way_back_from_the_last_stage_is_one_for_the_guards_too(world: World) -> None:
    world.refuse = lambda message: guard(world, message)
    world.gate.says = lambda mark: Outcome.FAIL if mark.number == 2 else Outcome.PASS

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert set(world.live.values()) == {Split(50, 50)}


def test_a_finished_ramp_is_undone_past_the_guards_too(world: World) -> None:
    world.refuse = lambda message: guard(world, message)
    world.run(PLAN)

    world.run(PLAN, why_back="by hand")

    assert set(world.live.values()) == {Split(50, 50)}
    assert world.candidate() is None


@pytest.mark.parametrize("candidate", [None, "02"])
def test_a_finished_ramp_of_groups_that_the_stack_only_names_lets_go_once_it_is_undone(
    world: World, candidate: str | None
) -> None:
    for service in SERVICES:
        groups = {slot.value: {"autoScalingGroup": {"existing": "blue"}} for slot in Slot}
        world.add_service_config(service, {"slots": groups})
    world.healthy = dict.fromkeys(world.healthy, 6)
    if candidate is not None:
        world.set_candidate(candidate)
    world.run(PLAN)

    ending = world.run(PLAN, why_back="by hand")

    assert ending.words.startswith("rolled back: portal+web at 50/50")
    assert world.has_released()
    assert world.candidate() == candidate


def test_the_guards_know_the_candidate_before_its_first_stage(world: World) -> None:
    seen: dict[str, str | None] = {}
    world.before_up = lambda message: seen.update({message.split(",")[0]: world.candidate()})

    world.run(PLAN)

    assert seen["portal+web: stage 1/2"] == "02"


@pytest.mark.parametrize("before", [None, "01", "02"])
@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL])
def test_the_candidate_of_the_config_is_what_it_was_when_a_ramp_is_over(
    world: World, before: str | None, outcome: Outcome
) -> None:
    if before is not None:
        world.set_candidate(before)
    world.gate.says = lambda mark: outcome if mark.number == 2 else Outcome.PASS

    world.run(PLAN)

    assert world.candidate() == before


@pytest.mark.parametrize("before", [None, "", "01"])
def test_the_candidate_of_before_is_known_without_the_journal(
    world: World, before: str | None
) -> None:
    if before is not None:
        world.told.append(HistoryEntry("a person's", True, {}, before))
    kill_at_the_second_stage(world)

    ending = go_on_without_journal(world)

    assert ending.exit_code == 0
    assert world.candidate() == (before or None)


@pytest.mark.parametrize("before", [None, "01"])
@pytest.mark.parametrize("is_journal_lost", [True, False])
def test_a_ramp_in_place_of_a_dead_one_puts_back_what_was_there_before_both(
    world: World, before: str | None, is_journal_lost: bool
) -> None:
    if before is not None:
        world.set_candidate(before)
    kill_at_the_second_stage(world)
    takeover = abandoned_in(world, is_journal_lost=is_journal_lost)

    persons = takeover.persons(Slot(world.candidate() or ""))
    ending = start_anew(world, takeover, SERVICES)

    assert persons == (Slot(before) if before else None)
    assert ending.exit_code == 0
    assert world.candidate() == before


def test_a_candidate_that_a_person_set_after_a_ramp_died_is_theirs(world: World) -> None:
    kill_at_the_second_stage(world)
    world.set_candidate("01")
    takeover = abandoned_in(world, is_journal_lost=False)

    start_anew(world, takeover, SERVICES)

    assert takeover.persons(Slot.FIRST) is Slot.FIRST
    assert world.candidate() == "01"


def test_of_a_dead_ramp_no_floor_is_left_on_a_service_that_the_next_one_does_not_move(
    world: World,
) -> None:
    kill_at_the_second_stage(world)
    assert set(world.floors()) == set(SERVICES)

    start_anew(world, abandoned_in(world, is_journal_lost=False), ("web",))

    assert world.floors() == {}


@pytest.mark.parametrize("before", [None, "02"])
def test_what_a_ramp_left_that_was_killed_in_its_first_update_is_no_persons(
    world: World, before: str | None
) -> None:
    world.set_candidate(before)
    kill_in_the_first_update(world)
    takeover = Takeover.left_in(StackFile.read(world.stack_file), world.told[::-1])
    assert takeover is not None
    persons = takeover.persons(Slot(world.candidate() or ""))

    ending = start_anew(world, takeover, ("web",))

    assert persons == (Slot(before) if before else None)
    assert ending.exit_code == 0
    assert (world.candidate(), world.floors()) == (before, {})


def test_a_candidate_and_floors_that_an_update_ran_with_are_a_persons(world: World) -> None:
    world.set_config({"candidate": "01", 'capacity.web.floors["01"]': "2"})
    file = StackFile.read(world.stack_file)
    ran_with = HistoryEntry("a person's", True, {"web": {Slot.FIRST: 2}}, "01")

    assert Takeover.left_in(file, [ran_with]) is None
    assert Takeover.left_in(file, []) is None
    assert Takeover.left_in(file, [HistoryEntry("another", True, {}, "01")]) is None


def abandoned_in(world: World, *, is_journal_lost: bool) -> Takeover:
    progress = None if is_journal_lost else folded(world.journal.kept)
    takeover = Takeover.of(progress, recovered(world.told[::-1]))
    assert takeover is not None
    return takeover


def start_anew(world: World, takeover: Takeover, services: tuple[str, ...]) -> Ending:
    world.journal.kept = []
    world.journal.before_append = lambda _entry: None
    (live,) = set(world.live.values())
    return world.run(RampPlan(services, Slot.FIRST, live, (100,)), takeover=takeover)


def kill_in_the_first_update(world: World) -> None:
    """With its engine, as by a reboot, so that no history tells of it."""

    def kill(entry: Entry) -> None:
        if isinstance(entry.event, UpdateStart):
            raise KilledError

    world.journal.before_append = kill
    with pytest.raises(KilledError):
        world.run(RampPlan(SERVICES, Slot.FIRST, Split(50, 50), (75, 100)))


def kill_at_the_second_stage(world: World) -> None:
    def kill(entry: Entry) -> None:
        if isinstance(entry.event, SplitReadBack) and entry.event.stage == 2:
            raise KilledError

    world.journal.before_append = kill
    with pytest.raises(KilledError):
        world.run(PLAN)


def go_on_without_journal(world: World) -> Ending:
    world.journal.kept = []
    world.journal.before_append = lambda _entry: None
    return world.run(PLAN)
