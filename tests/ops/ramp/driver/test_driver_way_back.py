"""The way back on an AWS in memory: when it goes, and when it must not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.gates.gate import StageMark
from rollout.judgement import Decision, judged
from rollout.split import Slot, Split
from rollout.verdict import Outcome
from tests.ops.ramp.world import PLAN, World
from tests.rollout.guard_cases import POLLS, RULES, case


def test_nothing_goes_back_onto_a_slot_without_a_healthy_target(world: World) -> None:
    def dies(mark: StageMark) -> Outcome:
        if mark.number == 2:
            world.healthy["web", Slot.FIRST] = 0
            return Outcome.FAIL
        return Outcome.PASS

    world.gate.says = dies

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "no rollback to 100/0: web-01 has no healthy target" in ending.words
    assert set(world.live.values()) == {Split(75, 25)}


def test_the_slot_that_lives_gets_everything_by_the_command_that_is_printed(world: World) -> None:
    def dies(mark: StageMark) -> Outcome:
        if mark.number == 2:
            world.healthy["web", Slot.FIRST] = 0
            return Outcome.FAIL
        return Outcome.PASS

    world.gate.says = dies

    ending = world.run(PLAN)

    config = "pulumi config --stack prod"
    assert ending.words.splitlines()[-1] == (
        "  fix:      bring web-01 back (failover status), then failover rollback; or give the slot "
        f"that lives everything by hand: {config} set --path failover:candidate 01 && "
        f"{config} set --path failover:weights 0/100 && pulumi up --stack prod && "
        f"{config} set --path failover:candidate 02"
    )


@pytest.mark.parametrize(("candidate", "passes"), [(Slot.FIRST, True), (Slot.SECOND, False)])
def test_the_guards_let_everything_onto_the_slot_that_lives_if_the_dead_one_is_the_candidate(
    candidate: Slot, passes: bool
) -> None:
    known = case("75/25", "0/100", healthy={Slot.FIRST: 0})

    judgement = judged([known], replace(RULES, candidate=candidate), POLLS)

    assert (judgement.decision is Decision.PASSES) is passes


def test_a_rollback_by_hand_onto_a_dead_slot_is_refused(world: World) -> None:
    world.clock.on_wait = lambda: setattr(world.stop, "asked", int(world.clock.seconds > 20))
    world.run(PLAN)
    world.stop.asked = 0
    world.healthy["web", Slot.FIRST] = 0
    before = dict(world.live)

    ending = world.run(PLAN, why_back="by hand")

    assert ending.exit_code == 1
    assert "no rollback to 100/0: web-01 has no healthy target" in ending.words
    assert world.live == before


def test_no_policy_stands_in_the_way_back(world: World) -> None:
    world.gate.says = lambda mark: Outcome.FAIL if mark.number == 1 else Outcome.PASS

    world.run(PLAN)

    assert world.ways_back == {
        "portal+web: ramp of 02 from 100/0 through 10,25,50,75,100": False,
        "portal+web: stage 1/5, 02 at 10": False,
        "portal+web: rollback to 100/0": True,
        "portal+web: rolled back to 100/0": True,
    }


def test_where_both_slots_are_dead_it_says_so_and_changes_nothing(world: World) -> None:
    def dies(mark: StageMark) -> Outcome:
        if mark.number == 2:
            world.healthy.update({("web", slot): 0 for slot in Slot})
            return Outcome.FAIL
        return Outcome.PASS

    world.gate.says = dies

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "both slots of web have no healthy target" in ending.words
    assert set(world.live.values()) == {Split(75, 25)}


def test_a_rollback_by_hand_goes_back_from_wherever_the_weights_are(world: World) -> None:
    world.clock.on_wait = lambda: setattr(world.stop, "asked", int(world.clock.seconds > 20))
    world.run(PLAN)
    world.clock.on_wait = lambda: None
    world.stop.asked = 0
    world.live["web"] = Split(1, 99)

    ending = world.run(PLAN, why_back="by hand")

    assert set(world.live.values()) == {Split(100, 0)}
    assert ending.words.startswith("rolled back: portal+web at 100/0")
