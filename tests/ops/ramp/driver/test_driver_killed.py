"""A ramp that is stopped or killed anywhere on an AWS in memory, and gone on with."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.entry import Entry
from rollout.history_message import current_lease
from rollout.plan import RampPlan
from rollout.ramp_event import RampInterruption, UpdateStart
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.verdict import Outcome
from tests.ops.ramp.fakes import KilledError
from tests.ops.ramp.world import PLAN, SERVICES, World

SPLITS = [Split(100, 0), *(stage.split for stage in PLAN.stages())]


def test_a_stop_between_two_steps_leaves_the_weights_and_says_what_to_type(world: World) -> None:
    world.clock.on_wait = lambda: setattr(world.stop, "asked", int(world.clock.seconds > 10))

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "failover ramp to go on, failover rollback to go back" in ending.words
    assert world.kinds()[-1] is RampInterruption


def test_a_stopped_ramp_goes_on_where_it_was(world: World) -> None:
    world.clock.on_wait = lambda: setattr(world.stop, "asked", int(world.clock.seconds > 15))
    world.run(PLAN)
    world.clock.on_wait = lambda: None
    world.stop.asked = 0
    visited = len(world.visited)

    ending = world.run(PLAN)

    assert ending.exit_code == 0
    assert list(dict.fromkeys(world.visited)) == SPLITS
    assert visited > 1


def killed_at(world: World, moment: int) -> None:
    """kill -9 at the n-th thing that reaches the outside: an entry, before or after an update."""
    count = 0

    def tick(_what: object) -> None:
        nonlocal count
        count += 1
        if count == moment:
            raise KilledError

    world.journal.before_append = tick
    world.before_up = tick
    world.after_up = tick
    with contextlib.suppress(KilledError):
        world.run(PLAN)
    world.journal.before_append = lambda _entry: None
    world.before_up = world.after_up = lambda _message: None


def test_a_stage_that_was_killed_before_its_update_gives_no_weight_when_the_gates_then_refuse(
    world: World,
) -> None:
    def kill(entry: Entry) -> None:
        if isinstance(entry.event, UpdateStart) and "stage 1/5" in entry.event.message:
            raise KilledError

    world.journal.before_append = kill
    with contextlib.suppress(KilledError):
        world.run(PLAN)
    assert world.weights() == "90/10"
    world.journal.kept.clear()
    world.gate.says = lambda _mark: Outcome.FAIL

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert set(world.visited) == {Split(100, 0)}
    assert world.weights() == "100/0"


def killed_before_the_update(world: World, doing: str, plan: RampPlan = PLAN) -> None:
    """With the stack file changed already."""

    def kill(message: str) -> None:
        if doing in message:
            raise KilledError

    world.before_up = kill
    with contextlib.suppress(KilledError):
        world.run(plan)
    world.before_up = lambda _message: None


def test_a_ramp_that_was_killed_before_its_first_update_takes_the_wheel_all_the_same(
    world: World,
) -> None:
    killed_before_the_update(world, "ramp of 02")
    assert world.floors() != {}

    ending = world.run(PLAN)

    assert ending.exit_code == 0
    assert world.updates[0].startswith("portal+web: ramp of 02 from 100/0")


def test_floors_whose_update_never_ran_are_applied_before_they_are_waited_for(
    world: World,
) -> None:
    plan = RampPlan(SERVICES, Slot.SECOND, Split(50, 50), (75, 100))
    world.live = dict.fromkeys(SERVICES, Split(50, 50))
    world.set_config({"weights": "50/50"})
    killed_before_the_update(world, "capacity for stage 2/2", plan)

    ending = world.run(plan)

    assert ending.exit_code == 0, ending.words
    assert [m for m in world.updates if "capacity for stage 2/2" in m]


def test_the_gates_judge_at_once_a_ramp_that_is_gone_on_with(world: World) -> None:
    killed_before_the_update(world, "stage 3/5")
    world.gate.says = lambda _mark: Outcome.FAIL

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "fake: as the test has it" in ending.words
    assert Split(50, 50) not in world.visited


def test_the_first_update_of_a_killed_driver_is_no_second_hand(world: World) -> None:
    killed_before_the_update(world, "ramp of 02")
    killed = world.events(UpdateStart)[0].message.replace("(4711)", "(99)")
    world.journal.kept = [
        Entry.parse(entry.line().replace('"pid":4711', '"pid":99')) for entry in world.journal.kept
    ]
    world.after_up = lambda _message: (
        None if len(world.told) > 1 else world.told.insert(0, HistoryEntry(killed, True, {}))
    )

    ending = world.run(PLAN)

    assert ending.exit_code == 0, ending.words


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 110), st.booleans(), st.integers(0, 9))
def test_a_ramp_killed_anywhere_ends_at_its_target_or_its_start(
    moment: int, is_journal_lost: bool, failing: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        killed_at(world, moment)
        if is_journal_lost:
            world.journal.kept.clear()
            if world.has_released() and world.splits()["web"] == Split(0, 100):
                return  # nothing is left to do, which is what a person is told
        world.gate.says = lambda mark: Outcome.FAIL if mark.number == failing else Outcome.PASS

        ending = world.run(_plan_from(world))

        assert ending.exit_code in (0, 1), ending.words
        (live,) = set(world.live.values())
        assert live in (Split(100, 0), Split(0, 100))
        assert (str(live), world.floors()) == (world.weights(), {})
        assert current_lease([told.message for told in world.told[::-1]]) is None


def _plan_from(world: World) -> RampPlan:
    """What a person's `failover ramp` would plan where nothing is left of the ramp before."""
    (live,) = set(world.live.values())
    left = tuple(weight for weight in PLAN.weights if weight > live.slot_02)
    return RampPlan(SERVICES, Slot.SECOND, live, left) if left else PLAN
