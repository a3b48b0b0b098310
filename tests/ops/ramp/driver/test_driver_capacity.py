"""What the slots are brought to, and keep, while the driver ramps on an AWS in memory."""

from __future__ import annotations

from typing import Any

import pytest

from ops.gates.gate import StageMark
from rollout.entry import Entry
from rollout.plan import RampPlan
from rollout.ramp_event import CapacityChange, HoldEnd, SplitReadBack, UpdateStart
from rollout.split import Slot, Split
from rollout.target_health import RampCounts
from rollout.verdict import Outcome
from tests.ops.ramp.fakes import KilledError
from tests.ops.ramp.world import PLAN, SERVICES, World

NAMED_SLOT_01 = {"slots": {"01": {"autoScalingGroup": {"existing": "web-blue"}}}}
HELD_SLOT_01 = {"slots": {"01": {"autoScalingGroup": {"existing": "web-blue", "floor": "write"}}}}


def test_both_slots_keep_their_floors_until_the_hold_is_over_and_then_none_is_left(
    world: World,
) -> None:
    floors_at: dict[str, object] = {}
    world.after_up = lambda message: floors_at.update({message.split(",")[0]: world.floors()})

    world.run(PLAN)

    kept = {s: {"01": 3, "02": 3} for s in SERVICES}
    stages = [f"portal+web: stage {number}/5" for number in range(1, 6)]
    assert [floors_at[stage] for stage in stages] == [kept] * 5
    assert world.floors() == {}
    assert world.kinds().index(HoldEnd) < len(world.kinds()) - world.kinds()[::-1].index(
        CapacityChange
    )


def test_the_gates_are_told_when_the_floors_are_gone_and_that_it_is_the_same_stage(
    world: World,
) -> None:
    marks: list[StageMark] = []

    def says(mark: StageMark) -> Outcome:
        marks.append(mark)
        return Outcome.PASS

    world.gate.says = says

    world.run(PLAN)

    last = list(dict.fromkeys((m.verified_at, m.number, m.is_released) for m in marks))[-2:]
    assert [(number, is_released) for _, number, is_released in last] == [(5, False), (5, True)]
    assert last[0][0] == last[1][0]


def test_a_way_back_that_ends_the_removal_of_the_floors_has_them_again(world: World) -> None:
    floors_at: dict[str, object] = {}
    world.after_up = lambda message: floors_at.update({message.split(", by")[0]: world.floors()})
    world.gate.says = lambda _mark: (
        Outcome.FAIL
        if world.events(UpdateStart) and "released" in last_message(world)
        else Outcome.PASS
    )

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert floors_at["portal+web: rollback to 100/0"] == {s: {"01": 3, "02": 3} for s in SERVICES}
    assert (world.floors(), world.weights()) == ({}, "100/0")


def test_a_way_back_from_another_clone_keeps_the_stable_slot_at_its_floor(world: World) -> None:
    floors_at: dict[str, object] = {}

    def kill(entry: Entry) -> None:
        if isinstance(entry.event, SplitReadBack) and entry.event.stage == 3:
            raise KilledError

    world.journal.before_append = kill
    with pytest.raises(KilledError):
        world.run(PLAN)
    world.journal.before_append = lambda _entry: None
    world.journal.kept.clear()
    world.set_config({"weights": "100/0", "candidate": None})
    world.set_config({f'capacity["{service}"].floors': None for service in SERVICES})
    world.after_up = lambda message: floors_at.update({message.split(", by")[0]: world.floors()})

    world.run(PLAN, why_back="by hand")

    assert floors_at["portal+web: rollback to 100/0"] == {s: {"01": 3} for s in SERVICES}
    assert (world.floors(), world.weights()) == ({}, "100/0")


def last_message(world: World) -> str:
    return world.events(UpdateStart)[-1].message


def test_a_group_that_the_stack_only_names_gets_no_floor_and_the_other_slots_does(
    world: World,
) -> None:
    world.add_service_config("web", NAMED_SLOT_01)
    seen: list[dict[str, set[str]]] = []
    world.after_up = lambda _message: seen.append({s: set(f) for s, f in world.floors().items()})

    ending = world.run(PLAN)

    assert ending.exit_code == 0
    assert seen[:-1] == [{"portal": {"01", "02"}, "web": {"02"}}] * (len(seen) - 1)
    assert seen[-1] == {}


def test_a_named_group_whose_floor_is_written_is_held_until_the_hold_is_over(world: World) -> None:
    world.add_service_config("web", HELD_SLOT_01)
    held: list[dict[tuple[str, Slot], int]] = []
    world.after_up = lambda _message: held.append(dict(world.held))

    ending = world.run(PLAN)

    assert ending.exit_code == 0
    assert held[0] == {}, "no floor before the lease"
    assert held[1:-1] == [{("web", Slot.FIRST): 3}] * (len(held) - 2)
    assert world.held == {}


def test_a_named_candidate_whose_floor_is_written_is_raised_for_its_share(world: World) -> None:
    plan = RampPlan(SERVICES, Slot.FIRST, Split(50, 50), (100,))
    world.live = dict.fromkeys(SERVICES, Split(50, 50))
    world.set_config({"weights": "50/50"})
    world.add_service_config("web", HELD_SLOT_01)

    ending = world.run(plan)

    assert ending.exit_code == 0
    assert world.desired["web", Slot.FIRST] == 6
    assert world.held == {}


def test_a_ramp_that_is_killed_while_it_holds_a_group_gives_it_back_when_it_is_run_again(
    world: World,
) -> None:
    world.add_service_config("web", HELD_SLOT_01)

    def kill(entry: Entry) -> None:
        if isinstance(entry.event, CapacityChange):
            raise KilledError

    world.journal.before_append = kill
    with pytest.raises(KilledError):
        world.run(PLAN)
    assert world.held == {("web", Slot.FIRST): 3}
    world.journal.before_append = lambda _entry: None

    assert world.run(PLAN).exit_code == 0
    assert world.held == {}


def test_a_floor_that_aws_refuses_ends_the_ramp_before_a_weight_moves(world: World) -> None:
    world.add_service_config("web", HELD_SLOT_01)
    world.refuses_floors = "no permission: autoscaling:UpdateAutoScalingGroup"

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "autoscaling:UpdateAutoScalingGroup" in ending.words
    assert set(world.live.values()) == {Split(100, 0)}


def test_a_slot_beside_a_group_that_the_stack_only_names_is_raised_for_its_share(
    world: World,
) -> None:
    plan = RampPlan(SERVICES, Slot.SECOND, Split(50, 50), (100,))
    world.live = dict.fromkeys(SERVICES, Split(50, 50))
    world.set_config({"weights": "50/50"})
    world.add_service_config("web", NAMED_SLOT_01)

    ending = world.run(plan)

    assert ending.exit_code == 0
    assert world.events(CapacityChange)[0].floors["web"] == {"01": 3, "02": 6}


def test_a_group_that_is_not_the_stacks_is_said_to_be_a_persons_to_raise(world: World) -> None:
    plan = RampPlan(SERVICES, Slot.FIRST, Split(50, 50), (100,))
    world.live = dict.fromkeys(SERVICES, Split(50, 50))
    world.set_config({"weights": "50/50"})
    world.add_service_config("web", NAMED_SLOT_01)

    ending = world.run(plan)

    assert ending.exit_code == 1
    assert (
        "web-01 has 3 of 6 healthy (its group wants 3, and the stack does not size it"
        in ending.words
    )


def test_the_candidate_is_brought_to_what_its_share_needs_before_the_weight(world: World) -> None:
    plan = RampPlan(SERVICES, Slot.SECOND, Split(50, 50), (75, 100))
    world.live = dict.fromkeys(SERVICES, Split(50, 50))
    world.set_config({"weights": "50/50"})

    world.run(plan)

    floors = [each.floors.get("web") for each in world.events(CapacityChange)]
    order = [message.split(", by ")[0] for message in world.updates]
    assert floors == [{"01": 3, "02": 5}, {"01": 3, "02": 6}, None]
    assert order == [
        "portal+web: ramp of 02 from 50/50 through 75,100",
        "portal+web: stage 1/2, 02 at 75",
        "portal+web: capacity for stage 2/2, 02 at 100",
        "portal+web: stage 2/2, 02 at 100",
        "portal+web: released at 0/100",
    ]


def test_no_gate_is_asked_of_a_candidate_whose_release_is_not_done(world: World) -> None:
    world.outdated["web", Slot.SECOND] = 2
    world.clock.on_wait = lambda: world.outdated.clear() if world.clock.seconds > 20 else None
    judged: list[float] = []

    def judge(_mark: StageMark) -> Outcome:
        judged.append(world.clock.seconds)
        return Outcome.PASS

    world.gate.says = judge

    ending = world.run(PLAN)

    assert ending.exit_code == 0
    assert min(judged) > 20


def test_a_release_that_never_gets_done_is_no_candidate(world: World) -> None:
    world.outdated["web", Slot.SECOND] = 2

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "web-02 has 2 instances on an old build after 60 s" in ending.words
    assert set(world.visited) == {Split(100, 0)}


def test_the_floors_follow_a_stable_slot_that_scales_out_in_mid_ramp(world: World) -> None:
    def scale_out(entry: Entry) -> None:
        if isinstance(entry.event, SplitReadBack) and entry.event.stage == 3:
            for service in SERVICES:
                world.desired[service, Slot.FIRST] = 6

    world.journal.before_append = scale_out

    ending = world.run(PLAN)

    floors = [each.floors.get("web") for each in world.events(CapacityChange)]
    assert ending.exit_code == 0
    assert floors == [
        *[{"01": 3, "02": 3}] * 3,
        {"01": 6, "02": 5},
        {"01": 6, "02": 6},
        None,
    ]


def test_the_gates_measure_by_what_the_candidate_was_brought_to_for_the_verified_stage(
    world: World,
) -> None:
    counted: dict[int, RampCounts] = {}

    def scale_out(entry: Entry) -> None:
        if isinstance(entry.event, SplitReadBack) and entry.event.stage == 3:
            world.desired["web", Slot.FIRST] = 6

    def says(mark: StageMark) -> Outcome:
        counted[mark.number] = mark.counted["web"]
        return Outcome.PASS

    world.journal.before_append = scale_out
    world.gate.says = says

    world.run(PLAN)

    assert [counted[number] for number in range(6)] == [
        *[RampCounts(3, 3, 3)] * 4,
        RampCounts(6, 5, 3),
        RampCounts(6, 6, 3),
    ]


def test_a_ramp_that_is_gone_on_with_while_it_grows_is_not_measured_by_what_still_boots(
    world: World,
) -> None:
    def kill(entry: Entry) -> None:
        if isinstance(entry.event, CapacityChange) and entry.event.stage == 4:
            world.journal.kept.append(entry)
            raise KilledError

    def scale_out(message: str) -> None:
        if "stage 3/5" in message:
            world.desired["web", Slot.FIRST] = 6

    world.journal.before_append = kill
    world.after_up = scale_out
    with pytest.raises(KilledError):
        world.run(PLAN)
    world.journal.before_append = lambda _entry: None
    marks: list[StageMark] = []
    world.gate.says = lambda mark: marks.append(mark) or Outcome.PASS

    world.run(PLAN)

    assert (marks[0].number, marks[0].counted["web"]) == (3, RampCounts(3, 3, 3))


def test_a_stage_that_is_refused_because_the_service_has_grown_meanwhile_is_asked_again(
    world: World,
) -> None:
    refusals: list[str] = []

    def refuse(message: str) -> str:
        if "stage 4/5, 02 at 75" not in message or refusals:
            return ""
        refusals.append(message)
        world.desired["web", Slot.FIRST] = 6
        return "judgement: refused: 2 more instances of web-02"

    world.refuse = refuse

    ending = world.run(PLAN)

    floors = [each.floors.get("web") for each in world.events(CapacityChange)]
    assert ending.exit_code == 0, ending.words
    assert len(refusals) == 1
    assert floors[3:] == [{"01": 3, "02": 3}, {"01": 6, "02": 5}, {"01": 6, "02": 6}, None]


def test_a_stage_that_is_refused_while_nothing_grows_goes_back(world: World) -> None:
    world.refuse = lambda message: "judgement: refused" if "stage 4/5, 02" in message else ""

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "the guard refused" in ending.words
    assert world.weights() == "100/0"


def test_a_way_back_keeps_the_stable_slot_at_what_it_has_grown_to(world: World) -> None:
    floors_at: dict[str, object] = {}
    world.after_up = lambda message: floors_at.update({message.split(", by")[0]: world.floors()})

    def says(mark: StageMark) -> Outcome:
        if mark.number == 3:
            world.desired["web", Slot.FIRST] = 6
        return Outcome.FAIL if mark.number == 4 else Outcome.PASS

    world.gate.says = says

    world.run(PLAN)

    back: Any = floors_at["portal+web: rollback to 100/0"]
    assert back["web"] == {"01": 6, "02": 5}
