"""The driver on a stack in memory."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.gates.gate import StageMark
from rollout.entry import Entry, Kind
from rollout.lease import current_lease
from rollout.plan import Plan
from rollout.recall import Told
from rollout.split import Slot, Split
from rollout.verdict import Outcome
from tests.ops.ramp.world import SERVICES, KilledError, World

PLAN = Plan(SERVICES, Slot.SECOND, Split(100, 0), (10, 25, 50, 75, 100))
NAMED_SLOT_01 = {"slots": {"01": {"autoScalingGroup": {"existing": "web-blue"}}}}
SPLITS = [Split(100, 0), *(stage.split for stage in PLAN.stages())]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_good_release_goes_through_every_stage_in_order(world: World) -> None:
    ending = world.run(PLAN)

    assert (ending.exit_code, ending.words) == (0, "done: portal+web at 0/100")
    assert list(dict.fromkeys(world.visited)) == SPLITS
    assert world.weights() == "0/100"


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
    assert world.kinds().index(Kind.HOLD_FINISHED) < len(world.kinds()) - world.kinds()[::-1].index(
        Kind.CAPACITY
    )


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


def test_a_gate_that_fails_while_an_update_runs_ends_that_update(world: World) -> None:
    def fails(mark: StageMark) -> Outcome:
        is_shifting = world.kinds()[-1] is Kind.UP_STARTED and mark.number == 2
        return Outcome.FAIL if is_shifting else Outcome.PASS

    world.gate.says = fails

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert Split(50, 50) not in world.visited
    assert world.weights() == "100/0"


def test_an_update_is_interrupted_once_since_twice_would_cut_it_off(world: World) -> None:
    def stop(entry: Entry) -> None:
        if entry.kind is Kind.UP_STARTED and "stage 2/5" in str(entry.facts["message"]):
            world.stop.asked = 2

    world.journal.before_append = stop

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert world.interrupts == 1
    assert (set(world.live.values()), world.weights()) == ({Split(90, 10)}, "90/10")


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


def test_a_slot_beside_a_group_that_the_stack_only_names_is_raised_for_its_share(
    world: World,
) -> None:
    plan = Plan(SERVICES, Slot.SECOND, Split(50, 50), (100,))
    world.live = dict.fromkeys(SERVICES, Split(50, 50))
    world.set_config({"weights": "50/50"})
    world.add_service_config("web", NAMED_SLOT_01)

    ending = world.run(plan)

    assert ending.exit_code == 0
    assert world.facts(Kind.CAPACITY)[0]["floors"]["web"] == {"01": 3, "02": 6}


def test_a_group_that_is_not_the_stacks_is_said_to_be_a_persons_to_raise(world: World) -> None:
    plan = Plan(SERVICES, Slot.FIRST, Split(50, 50), (100,))
    world.live = dict.fromkeys(SERVICES, Split(50, 50))
    world.set_config({"weights": "50/50"})
    world.add_service_config("web", NAMED_SLOT_01)

    ending = world.run(plan)

    assert ending.exit_code == 1
    assert "web-01 has 3 of 6 healthy (its Auto Scaling group is not the stack's" in ending.words


def test_a_refused_stage_puts_the_old_value_back_and_then_goes_back(world: World) -> None:
    seen: list[str] = []
    world.refuse = lambda message: "judgement: refused: not fit" if "stage 3/5" in message else ""
    world.journal.before_append = lambda entry: (
        seen.append(world.weights()) if (entry.kind is Kind.ROLLBACK_STARTED) else None
    )

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "the guard refused: judgement: refused: not fit" in ending.words
    assert seen == ["75/25"]
    assert world.weights() == "100/0"


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
        if entry.kind is Kind.BAKE_STARTED and entry.facts["stage"] == 2:
            world.live["web"] = Split(42, 58)

    world.journal.before_append = change

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "web is at 42/58" in ending.words
    assert "this ramp left 75/25" in ending.words
    assert world.live == {"portal": Split(75, 25), "web": Split(42, 58)}


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
    assert world.kinds()[-1] is Kind.INTERRUPTED
    assert set(world.live.values()) == {Split(75, 25)}


def test_a_stack_file_that_is_broken_in_mid_ramp_is_a_persons_to_mend(world: World) -> None:
    def break_it(entry: Entry) -> None:
        if entry.kind is Kind.BAKE_FINISHED and entry.facts["stage"] == 2:
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
        if entry.kind is Kind.BAKE_STARTED and entry.facts["stage"] == 2:
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


def test_a_stop_between_two_steps_leaves_the_weights_and_says_what_to_type(world: World) -> None:
    world.clock.on_wait = lambda: setattr(world.stop, "asked", int(world.clock.seconds > 10))

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "failover ramp to go on, failover rollback to go back" in ending.words
    assert world.kinds()[-1] is Kind.INTERRUPTED


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


def test_a_full_disk_stops_the_ramp_and_leaves_the_weights(world: World) -> None:
    def fill(entry: Entry) -> None:
        world.journal.is_full = entry.kind is Kind.BAKE_STARTED and entry.facts["stage"] == 2

    world.journal.before_append = fill

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "No space left on device" in ending.words
    assert set(world.live.values()) == {Split(75, 25)}


def test_a_full_disk_does_not_keep_a_failing_candidate_in_traffic(world: World) -> None:
    def fill(entry: Entry) -> None:
        world.journal.is_full = world.journal.is_full or entry.kind is Kind.ROLLBACK_STARTED

    world.gate.says = lambda mark: Outcome.FAIL if mark.number == 2 else Outcome.PASS
    world.journal.before_append = fill

    world.run(PLAN)

    assert set(world.live.values()) == {Split(100, 0)}


@pytest.mark.parametrize(
    ("at", "stage"), [(Kind.BAKE_STARTED, 2), (Kind.VERIFIED, 2), (Kind.STAGE_STARTED, 3)]
)
def test_a_ramp_goes_on_after_aws_has_throttled_for_a_while(
    world: World, at: Kind, stage: int
) -> None:
    def throttle(entry: Entry) -> None:
        if entry.kind is at and entry.facts["stage"] == stage:
            world.throttled_until = world.clock.seconds + 20

    world.journal.before_append = throttle

    ending = world.run(PLAN)

    assert ending.exit_code == 0, ending.words
    assert world.weights() == "0/100"


def test_the_way_back_waits_for_an_aws_that_throttles(world: World) -> None:
    def throttle(entry: Entry) -> None:
        if entry.kind is Kind.ROLLBACK_STARTED:
            world.throttled_until = world.clock.seconds + 20

    world.gate.says = lambda mark: Outcome.FAIL if mark.number == 2 else Outcome.PASS
    world.journal.before_append = throttle

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert world.weights() == "100/0"


def test_an_aws_that_throttles_for_good_stops_the_ramp_and_leaves_the_weights(
    world: World,
) -> None:
    def throttle(entry: Entry) -> None:
        if entry.kind is Kind.BAKE_STARTED and entry.facts["stage"] == 2:
            world.throttled_until = float("inf")

    world.journal.before_append = throttle

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "AWS throttles" in ending.words
    assert world.weights() == "75/25"


def test_credentials_that_expire_stop_the_ramp_and_leave_the_weights(world: World) -> None:
    def expire(entry: Entry) -> None:
        if entry.kind is Kind.BAKE_STARTED and entry.facts["stage"] == 2:
            world.aws_error = "the AWS credentials have expired"

    world.journal.before_append = expire

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "have expired" in ending.words
    assert world.weights() == "75/25"


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


def test_the_candidate_is_brought_to_what_its_share_needs_before_the_weight(world: World) -> None:
    plan = Plan(SERVICES, Slot.SECOND, Split(50, 50), (75, 100))
    world.live = dict.fromkeys(SERVICES, Split(50, 50))
    world.set_config({"weights": "50/50"})

    world.run(plan)

    floors = [facts["floors"].get("web") for facts in world.facts(Kind.CAPACITY)]
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


def test_of_two_that_take_the_wheel_in_one_moment_the_first_keeps_it(world: World) -> None:
    other = "portal+web: ramp of 02 from 100/0 through 10,100, by ben@build-7 (9) until "

    def overtake(_message: str) -> None:
        world.told.append(Told(f"{other}2026-11-21T10:00:00Z", True, {}))
        world.before_up = lambda _message: None

    world.before_up = overtake

    ending = world.run(PLAN)

    assert ending.exit_code == 1
    assert "ben on build-7 took the wheel first" in ending.words
    assert set(world.live.values()) == {Split(100, 0)}
    assert len(world.updates) == 1


def test_a_lock_of_a_dead_process_of_this_host_is_cleared(world: World) -> None:
    world.locks = [f"locked\n  created by a@{socket.gethostname()} (pid 999999) at 2026-11-21"]

    assert world.run(PLAN).exit_code == 0
    assert world.lock_is_cleared


def test_a_lock_of_another_host_is_never_cleared(world: World) -> None:
    world.locks = ["locked\n  created by a@elsewhere (pid 999999) at 2026-11-21"]

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "process 999999 of a on elsewhere" in ending.words
    assert not world.lock_is_cleared


def test_a_rollback_by_hand_goes_back_from_wherever_the_weights_are(world: World) -> None:
    world.clock.on_wait = lambda: setattr(world.stop, "asked", int(world.clock.seconds > 20))
    world.run(PLAN)
    world.clock.on_wait = lambda: None
    world.stop.asked = 0
    world.live["web"] = Split(1, 99)

    ending = world.run(PLAN, why_back="by hand")

    assert set(world.live.values()) == {Split(100, 0)}
    assert ending.words.startswith("rolled back: portal+web at 100/0")


class SplitTraffic:
    """Answers as the live weights are, in turn."""

    def __init__(self, world: World) -> None:
        self._world = world

    def slots_that_answered(self, service: str, since_s: float) -> Sequence[Slot]:
        count = int(max(0.0, self._world.clock.now().timestamp() - since_s) * 50)
        weight = self._world.live[service].slot_02
        return [Slot.SECOND if (n * 37) % 100 < weight else Slot.FIRST for n in range(count)]


def test_a_stage_bakes_once_the_traffic_shows_its_split(world: World) -> None:
    world.run(PLAN, traffic=SplitTraffic(world))

    arrived = world.facts(Kind.ARRIVED)
    assert [facts["stage"] for facts in arrived] == [1, 2, 3, 4, 5]
    assert all(facts["requests"] > 0 for facts in arrived)


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
        if entry.kind is Kind.UP_STARTED and "stage 1/5" in str(entry.facts["message"]):
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
            if world.has_let_go() and world.splits()["web"] == Split(0, 100):
                return  # nothing is left to do, which is what a person is told
        world.gate.says = lambda mark: Outcome.FAIL if mark.number == failing else Outcome.PASS

        ending = world.run(_plan_from(world))

        assert ending.exit_code in (0, 1), ending.words
        (live,) = set(world.live.values())
        assert live in (Split(100, 0), Split(0, 100))
        assert (str(live), world.floors()) == (world.weights(), {})
        assert current_lease([told.message for told in world.told[::-1]]) is None


def _plan_from(world: World) -> Plan:
    """What a person's `failover ramp` would plan where nothing is left of the ramp before."""
    (live,) = set(world.live.values())
    left = tuple(weight for weight in PLAN.weights if weight > live.slot_02)
    return Plan(SERVICES, Slot.SECOND, live, left) if left else PLAN
