"""The driver on a stack in memory."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from ops.gates.gate import StageMark
from ops.ramp.driver.ports import Limits
from ops.ramp.driver.run import Run
from rollout.entry import Entry
from rollout.history_message import current_lease
from rollout.lease import LeaseHolder
from rollout.ramp_event import (
    GateVerdict,
    HoldEnd,
    HoldStart,
    RampInterruption,
    RollbackStart,
    SplitPropagation,
    UpdateStart,
)
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.verdict import Outcome
from tests.ops.ramp.world import PLAN, World

SPLITS = [Split(100, 0), *(stage.split for stage in PLAN.stages())]


def test_a_good_release_goes_through_every_stage_in_order(world: World) -> None:
    ending = world.run(PLAN)

    assert (ending.exit_code, ending.words) == (0, "done: portal+web at 0/100")
    assert list(dict.fromkeys(world.visited)) == SPLITS
    assert world.weights() == "0/100"


def test_the_wheel_is_taken_by_the_first_update_and_let_go_of_by_the_last(world: World) -> None:
    messages: list[str] = []
    world.after_up = messages.append

    world.run(PLAN)

    assert messages[0].startswith("portal+web: ramp of 02 from 100/0 through 10,25,50,75,100, by ")
    assert all(current_lease(messages[:n][::-1]) for n in range(1, len(messages)))
    assert current_lease(messages[::-1]) is None


@pytest.mark.parametrize("stage", range(6))
def test_a_gate_that_fails_in_any_stage_takes_the_group_back_to_the_start(
    world: World, stage: int
) -> None:
    def fails(mark: StageMark) -> Outcome:
        return Outcome.FAIL if mark.number == stage else Outcome.PASS

    world.gate.says = fails

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "fake: as the test has it" in ending.words
    assert set(world.live.values()) == {Split(100, 0)}
    assert (world.weights(), world.floors()) == ("100/0", {})
    assert world.visited[-1] == Split(100, 0)
    assert max(world.visited, key=lambda split: split.slot_02) == PLAN.stage(stage).split


def test_a_gate_that_cannot_tell_holds_the_stage_and_goes_back_at_its_deadline(
    world: World,
) -> None:
    world.gate.says = lambda mark: Outcome.INCONCLUSIVE if mark.number == 2 else Outcome.PASS

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "still not sure 30 s after its time: fake" in ending.words
    assert 35 <= world.clock.seconds < 60


def test_a_gate_that_can_tell_again_lets_the_stage_pass(world: World) -> None:
    world.gate.says = lambda _mark: (
        Outcome.INCONCLUSIVE if 12 < world.clock.seconds < 25 else Outcome.PASS
    )

    assert world.run(PLAN).exit_code == 0


def test_a_gate_that_cannot_tell_prolongs_the_hold_and_keeps_the_floors(world: World) -> None:
    ended: list[float] = []

    def says(_mark: StageMark) -> Outcome:
        is_held = HoldStart in world.kinds()
        ended[:] = ended or ([world.clock.seconds + 20] if is_held else [])
        return Outcome.INCONCLUSIVE if ended and world.clock.seconds < ended[0] else Outcome.PASS

    def look(entry: Entry) -> None:
        if isinstance(entry.event, HoldEnd):
            assert world.clock.seconds >= ended[0]
            assert world.floors() != {}

    world.gate.says = says
    world.journal.before_append = look

    assert world.run(PLAN).exit_code == 0


def test_a_gate_that_cannot_tell_in_the_hold_goes_back_at_its_deadline(world: World) -> None:
    world.gate.says = lambda _mark: (
        Outcome.INCONCLUSIVE if HoldStart in world.kinds() else Outcome.PASS
    )

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "hold: still not sure" in ending.words
    assert world.weights() == "100/0"


def test_a_gate_that_fails_while_an_update_runs_ends_that_update(world: World) -> None:
    def fails(mark: StageMark) -> Outcome:
        is_shifting = world.kinds()[-1] is UpdateStart and mark.number == 2
        return Outcome.FAIL if is_shifting else Outcome.PASS

    world.gate.says = fails

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert Split(50, 50) not in world.visited
    assert world.weights() == "100/0"


@pytest.mark.parametrize("is_stopped", [True, False])
def test_the_journal_has_the_newest_reason_of_a_gate_that_stayed_inconclusive(
    world: World, *, is_stopped: bool
) -> None:
    def stay_inconclusive(mark: StageMark) -> Outcome:
        if is_stopped and world.gate.asked == 20:
            world.stop.asked = 1
        return Outcome.INCONCLUSIVE if mark.number == 1 else Outcome.PASS

    world.gate.says = stay_inconclusive
    world.gate.reason = lambda: f"look {world.gate.asked}"

    ending = world.run(PLAN)

    events = [entry.event for entry in world.journal.kept]
    end = next(n for n, e in enumerate(events) if isinstance(e, RollbackStart | RampInterruption))
    *_, last = (each for each in events[:end] if isinstance(each, GateVerdict))
    assert ending.exit_code == (3 if is_stopped else 1)
    assert (last.stage, last.outcome) == (1, Outcome.INCONCLUSIVE)
    assert last.reason == f"look {world.gate.asked}"


def test_an_update_is_interrupted_once_since_twice_would_cut_it_off(world: World) -> None:
    def stop(entry: Entry) -> None:
        if isinstance(entry.event, UpdateStart) and "stage 2/5" in entry.event.message:
            world.stop.asked = 2

    world.journal.before_append = stop

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert world.interrupts == 1
    assert (set(world.live.values()), world.weights()) == ({Split(90, 10)}, "90/10")


def test_a_refused_stage_puts_the_old_value_back_and_then_goes_back(world: World) -> None:
    seen: list[str] = []
    world.refuse = lambda message: "judgement: refused: not fit" if "stage 3/5" in message else ""
    world.journal.before_append = lambda entry: (
        seen.append(world.weights()) if (isinstance(entry.event, RollbackStart)) else None
    )

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "the guard refused: judgement: refused: not fit" in ending.words
    assert seen == ["75/25"]
    assert world.weights() == "100/0"


def test_of_two_that_take_the_wheel_in_one_moment_the_first_keeps_it(world: World) -> None:
    other = "portal+web: ramp of 02 from 100/0 through 10,100, by ben@build-7 (9) until "

    def overtake(_message: str) -> None:
        world.told.append(HistoryEntry(f"{other}2026-11-21T10:00:00Z", True, {}))
        world.before_up = lambda _message: None

    world.before_up = overtake

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "ben on build-7 acquired the lease first" in ending.words
    assert set(world.live.values()) == {Split(100, 0)}
    assert len(world.updates) == 1
    assert (world.floors(), world.candidate()) == ({}, None)


class SplitTraffic:
    """Answers as the live weights are, in turn."""

    def __init__(self, world: World, *, names_slots: bool = True) -> None:
        self._world = world
        self.names_slots = names_slots

    def slots_that_answered(self, service: str, since_s: float) -> Sequence[Slot]:
        count = int(max(0.0, self._world.clock.now().timestamp() - since_s) * 50)
        weight = self._world.live[service].slot_02
        return [Slot.SECOND if (n * 37) % 100 < weight else Slot.FIRST for n in range(count)]


def test_a_stage_bakes_once_the_traffic_shows_its_split(world: World) -> None:
    world.run(PLAN, traffic=SplitTraffic(world))

    arrived = world.events(SplitPropagation)
    assert [each.stage for each in arrived] == [1, 2, 3, 4, 5]
    assert all(each.requests > 0 for each in arrived)


def test_answers_that_cannot_name_their_slot_are_not_waited_for(world: World) -> None:
    ending = world.run(PLAN, traffic=SplitTraffic(world, names_slots=False))

    arrived = world.events(SplitPropagation)
    assert ending.exit_code == 0
    assert [(each.stage, each.requests) for each in arrived] == [(n, 0) for n in range(1, 6)]


def test_a_lease_outlasts_a_split_that_arrives_late_and_gates_that_tell_late(world: World) -> None:
    ports: Any = SimpleNamespace(
        clock=world.clock, aws=world, observers=(), journal=world.journal, gates=()
    )
    limits = Limits(bake=300, hold=300, watch=300, inconclusive=3600, guard_wait=600)
    run = Run("r", LeaseHolder("ada", "here", 1), limits, ports)

    assert (run.until() - world.clock.now()).total_seconds() >= 3600 + 300 + 3600 + 600
