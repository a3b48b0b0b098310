"""A driver whose AWS throttles, or answers it no more."""

from __future__ import annotations

import pytest

from rollout.entry import Entry
from rollout.ramp_event import BakeStart, RollbackStart, SplitReadBack, StageStart
from rollout.verdict import Outcome
from tests.ops.ramp.world import PLAN, World


@pytest.mark.parametrize(
    ("at", "stage"),
    [(BakeStart, 2), (SplitReadBack, 2), (StageStart, 3)],
)
def test_a_ramp_goes_on_after_aws_has_throttled_for_a_while(
    world: World, at: type[BakeStart | SplitReadBack | StageStart], stage: int
) -> None:
    def throttle(entry: Entry) -> None:
        if isinstance(entry.event, at) and entry.event.stage == stage:
            world.throttled_until = world.clock.seconds + 20

    world.journal.before_append = throttle

    ending = world.run(PLAN)

    assert ending.exit_code == 0, ending.words
    assert world.weights() == "0/100"


def test_capacity_is_waited_for_through_an_aws_that_throttles(world: World) -> None:
    def throttle(message: object) -> None:
        if "ramp of 02" in str(message):
            world.throttled_until = world.clock.seconds + 20

    world.after_up = throttle

    ending = world.run(PLAN)

    assert ending.exit_code == 0, ending.words
    assert world.throttled_until > 0


def test_the_way_back_waits_for_an_aws_that_throttles(world: World) -> None:
    def throttle(entry: Entry) -> None:
        if isinstance(entry.event, RollbackStart):
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
        if isinstance(entry.event, BakeStart) and entry.event.stage == 2:
            world.throttled_until = float("inf")

    world.journal.before_append = throttle

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "AWS throttles" in ending.words
    assert world.weights() == "75/25"


@pytest.mark.parametrize(("fails", "requests", "code"), [(False, 1, 3), (True, 2, 3), (True, 1, 1)])
def test_a_request_to_stop_ends_the_wait_for_an_aws_that_throttles(
    world: World, fails: bool, requests: int, code: int
) -> None:
    at = RollbackStart if fails else SplitReadBack
    waits = 0

    def throttle(entry: Entry) -> None:
        if isinstance(entry.event, at) and getattr(entry.event, "stage", 2) == 2:
            world.throttled_until = world.clock.seconds + 30
            world.clock.on_wait = ask

    def ask() -> None:
        nonlocal waits
        waits += world.clock.seconds < world.throttled_until
        world.stop.asked = requests

    world.gate.says = lambda mark: Outcome.FAIL if fails and mark.number == 2 else Outcome.PASS
    world.journal.before_append = throttle

    ending = world.run(PLAN)

    assert ending.exit_code == code, ending.words
    assert (waits > 2) is (code == 1)


def test_credentials_that_expire_stop_the_ramp_and_leave_the_weights(world: World) -> None:
    def expire(entry: Entry) -> None:
        if isinstance(entry.event, BakeStart) and entry.event.stage == 2:
            world.aws_error = "the AWS credentials have expired"

    world.journal.before_append = expire

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "have expired" in ending.words
    assert world.weights() == "75/25"
