"""What goes wrong around the driver: somebody else, the disk, the backend."""

from __future__ import annotations

import pytest

from ops.gates.gate import StageMark
from rollout.entry import Entry
from rollout.ramp_event import (
    BakeEnd,
    BakeStart,
    EngineLine,
    RampEvent,
    RampInterruption,
    RollbackStart,
    StageStart,
    UpdateEnd,
    UpdateStart,
)
from rollout.split import Split
from rollout.verdict import Outcome
from tests.ops.ramp.fakes import KilledError
from tests.ops.ramp.world import PLAN, World


def test_an_update_that_fails_by_no_guard_leaves_the_weights_and_asks_a_person(
    world: World,
) -> None:
    world.refuse = lambda message: "Throttling: Rate exceeded" if "stage 3/5" in message else ""

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "Throttling: Rate exceeded" in ending.words
    assert set(world.live.values()) == {Split(75, 25)}
    assert world.weights() == "75/25"


def test_a_weight_that_somebody_else_changed_stops_the_ramp_with_both_values(
    world: World,
) -> None:
    def change(entry: Entry) -> None:
        if isinstance(entry.event, BakeStart) and entry.event.stage == 2:
            world.live["web"] = Split(42, 58)

    world.journal.before_append = change

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "web is at 42/58" in ending.words
    assert "this ramp left 75/25" in ending.words
    assert world.live == {"portal": Split(75, 25), "web": Split(42, 58)}


def test_a_weight_that_somebody_moves_while_an_update_runs_is_no_verdict_on_the_candidate(
    world: World,
) -> None:
    def move(message: str) -> str:
        if "stage 3/5" not in message:
            return ""
        world.live["web"] = Split(42, 58)
        return "the live rule is at 42/58, and the stack left it at 75/25"

    world.refuse = move

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "someone else changed the weights: portal is at 75/25, web is at 42/58" in ending.words
    assert world.weights() == "75/25"
    assert RollbackStart not in world.kinds()


def test_what_a_killed_driver_was_going_to_set_is_not_put_back_as_the_old_value(
    world: World,
) -> None:
    def kill(message: str) -> None:
        if "stage 3/5" in message:
            raise KilledError

    world.before_up = kill
    with pytest.raises(KilledError):
        world.run(PLAN)
    world.before_up = lambda _message: None
    world.refuse = lambda message: "Throttling: Rate exceeded" if "stage 3/5" in message else ""

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "Pulumi.test.yaml has 75/25 again" in ending.words
    assert world.weights() == "75/25"


def test_a_stop_that_ends_an_update_half_done_says_where_it_left_the_weights(world: World) -> None:
    def half(message: str) -> str:
        if "stage 3/5" not in message:
            return ""
        world.stop.asked = 2
        world.live["web"] = Split(50, 50)
        return "the update was ended"

    world.refuse = half

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "stopped by SIGINT in the `up` of stage 3/5" in ending.words
    assert "portal at 75/25, web at 50/50" in ending.words
    world.refuse, world.stop.asked = (lambda _message: ""), 0
    assert world.run(PLAN).exit_code == 0


def test_a_fault_of_the_driver_itself_is_no_verdict_and_leaves_the_weights(world: World) -> None:
    def breaks(mark: StageMark) -> Outcome:
        if mark.number == 2:
            raise ZeroDivisionError("nobody thought of it")
        return Outcome.PASS

    world.gate.says = breaks

    ending = world.run(PLAN)

    assert ending.exit_code == 70
    assert "ZeroDivisionError: nobody thought of it" in ending.words
    assert "failover rollback goes back" in ending.words
    assert "portal+web at 75/25, stage 2/5" in ending.words
    assert world.kinds()[-1] is RampInterruption
    assert set(world.live.values()) == {Split(75, 25)}


def test_a_stack_file_that_is_broken_in_mid_ramp_is_a_persons_to_fix(world: World) -> None:
    def break_it(entry: Entry) -> None:
        if isinstance(entry.event, BakeEnd) and entry.event.stage == 2:
            world.stack_file.write_text("config: [")

    world.journal.before_append = break_it

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert ending.words.startswith("Pulumi.test.yaml cannot be read")
    assert set(world.live.values()) == {Split(75, 25)}


@pytest.mark.parametrize("is_going_back", [False, True])
def test_a_backend_that_is_gone_in_mid_ramp_leaves_the_weights_and_names_break_glass(
    world: World, is_going_back: bool
) -> None:
    def fail(entry: Entry) -> None:
        if isinstance(entry.event, BakeStart) and entry.event.stage == 2:
            world.backend_error = "error: could not read the bucket"

    world.journal.before_append = fail
    world.gate.says = lambda mark: (
        Outcome.FAIL if is_going_back and mark.number == 2 else Outcome.PASS
    )

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "could not read the bucket" in ending.words
    assert "failover rollback --break-glass" in ending.words
    assert set(world.live.values()) == {Split(75, 25)}


def test_a_full_disk_stops_the_ramp_and_leaves_the_weights(world: World) -> None:
    def fill(entry: Entry) -> None:
        world.journal.is_full = isinstance(entry.event, BakeStart) and entry.event.stage == 2

    world.journal.before_append = fill

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "No space left on device" in ending.words
    assert set(world.live.values()) == {Split(75, 25)}


@pytest.mark.parametrize("at", [UpdateStart, EngineLine, UpdateEnd])
def test_an_update_is_not_left_to_itself_by_a_disk_that_fills(
    world: World, at: type[RampEvent]
) -> None:
    def fill(entry: Entry) -> None:
        is_third = world.events(StageStart)[-1:] == [StageStart.at(PLAN.stage(3))]
        world.journal.is_full = world.journal.is_full or (is_third and isinstance(entry.event, at))

    world.journal.before_append = fill
    world.says = ["updating (12 s)"]

    ending = world.run(PLAN)

    assert (ending.exit_code, world.is_updating) == (3, False)
    assert "No space left on device" in ending.words
    moved = Split(50, 50) if at is UpdateEnd else Split(75, 25)
    assert (set(world.live.values()), world.weights()) == ({moved}, str(moved))


def test_a_full_disk_does_not_keep_a_failing_candidate_in_traffic(world: World) -> None:
    def fill(entry: Entry) -> None:
        world.journal.is_full = world.journal.is_full or isinstance(entry.event, RollbackStart)

    world.gate.says = lambda mark: Outcome.FAIL if mark.number == 2 else Outcome.PASS
    world.journal.before_append = fill

    world.run(PLAN)

    assert set(world.live.values()) == {Split(100, 0)}
