from __future__ import annotations

import queue
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.errors import ExpiredCredentialsError, ThrottledError
from ops.gates import targets
from ops.gates.targets import TargetsGate
from rollout.observation import Group, LiveRule, LiveService, LiveSlot, Target
from rollout.split import Slot
from rollout.target_health import judged_target_health
from rollout.verdict import Outcome
from tests.ops.gates.marks import FakeClock, stage
from tests.ops.gates.waiting import is_fail, is_inconclusive, is_pass, judged


def slot_of(healthy: int, desired: int, ill: str = "unhealthy") -> LiveSlot:
    states = ["healthy"] * healthy + [ill] * (desired - healthy)
    found = tuple(Target(f"i-{n}", state) for n, state in enumerate(states))
    group = Group("group", desired, 0, 10, None, None, (), {})
    return LiveSlot("arn", found, group)


def service_of(candidate: LiveSlot, stable: LiveSlot) -> LiveService:
    return LiveService(LiveRule("web", "arn", 90, 10), {Slot.SECOND: candidate, Slot.FIRST: stable})


def outcome(
    candidate: LiveSlot, stable: LiveSlot, weight: int, before: int | None = None
) -> Outcome:
    return judged_target_health(service_of(candidate, stable), Slot.SECOND, weight, before).outcome


@given(st.integers(1, 10), st.integers(1, 10), st.integers(0, 100))
def test_all_desired_targets_healthy_pass_if_they_can_carry_the_share(
    ours: int, theirs: int, weight: int
) -> None:
    is_enough = ours >= -(-weight * max(ours, theirs) // 100)

    found = outcome(slot_of(ours, ours), slot_of(theirs, theirs), weight)

    assert found is (Outcome.PASS if is_enough else Outcome.FAIL)


@given(st.integers(0, 3), st.integers(1, 100))
def test_a_live_slot_without_a_healthy_target_fails_since_it_fails_open(
    desired: int, weight: int
) -> None:
    assert outcome(slot_of(0, desired), slot_of(3, 3), weight) is Outcome.FAIL


def test_an_idle_slot_whose_targets_still_boot_holds() -> None:
    assert outcome(slot_of(0, 3, "initial"), slot_of(3, 3), 0) is Outcome.INCONCLUSIVE


def test_one_of_three_at_half_the_traffic_fails_and_two_hold() -> None:
    assert outcome(slot_of(1, 3), slot_of(3, 3), 50) is Outcome.FAIL
    assert outcome(slot_of(2, 3), slot_of(3, 3), 50) is Outcome.INCONCLUSIVE


def test_a_stable_slot_that_was_scaled_in_holds() -> None:
    found = judged_target_health(service_of(slot_of(3, 3), slot_of(1, 1)), Slot.SECOND, 50, 3)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "slot 01 has 1 healthy targets and had 3 when the ramp began" in found.reason


def test_the_reason_names_the_targets_that_are_ill() -> None:
    found = judged_target_health(service_of(slot_of(0, 1), slot_of(1, 1)), Slot.SECOND, 10, None)

    assert found.reason == "web: slot 02 has no healthy target (i-0 unhealthy)"


class FakeAws:
    """Services as a test wants them, or an error."""

    def __init__(self, candidate: LiveSlot) -> None:
        self.candidate = candidate
        self.stable = slot_of(3, 3)
        self.error: Exception | None = None

    def __call__(self) -> Sequence[LiveService]:
        if self.error is not None:
            raise self.error
        return [service_of(self.candidate, self.stable)]


@pytest.fixture(autouse=True)
def _quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "POLL_SECONDS", 0.01)


def test_a_slot_that_dies_is_failed_at_the_second_look_and_not_at_the_first() -> None:
    aws = FakeAws(slot_of(3, 3))
    gate = TargetsGate(aws, FakeClock().now)
    gate.begin(stage(50))
    assert judged(gate).outcome is Outcome.PASS

    aws.candidate = slot_of(0, 3)
    outcomes = [judged(gate, lambda v: v.outcome is not Outcome.PASS).outcome]
    verdict = judged(gate, is_fail)
    gate.close()

    assert outcomes[0] in (Outcome.INCONCLUSIVE, Outcome.FAIL)
    assert "no healthy target" in verdict.reason
    assert verdict.numbers["web.02.healthy"] == 0


def test_a_failed_look_after_one_that_told_nothing_is_the_first_of_two() -> None:
    looks: queue.Queue[LiveSlot | None] = queue.Queue()

    def read() -> Sequence[LiveService]:
        candidate = looks.get()
        if candidate is None:
            raise ThrottledError("AWS throttles the calls")
        return [service_of(candidate, slot_of(3, 3))]

    gate = TargetsGate(read, FakeClock().now)
    gate.begin(stage(50))
    for candidate in (None, slot_of(0, 3)):
        looks.put(candidate)
    once = judged(gate, lambda verdict: "no healthy target" in verdict.reason)
    looks.put(slot_of(0, 3))
    twice = judged(gate, is_fail)
    gate.close()
    looks.put(None)

    assert once.outcome is Outcome.INCONCLUSIVE
    assert "slot 02 has no healthy target" in twice.reason


def test_a_stable_slot_that_its_scaling_policy_cuts_after_the_hold_holds_nothing() -> None:
    aws = FakeAws(slot_of(3, 3))
    gate = TargetsGate(aws, FakeClock().now)
    gate.begin(stage(100, number=5))
    assert judged(gate).outcome is Outcome.PASS
    aws.stable = slot_of(1, 1)
    before = judged(gate, is_inconclusive)

    gate.begin(stage(100, number=5, is_freed=True))
    after = judged(gate)
    gate.close()

    assert "slot 01 has 1 healthy targets and had 3" in before.reason
    assert after.outcome is Outcome.PASS, after.reason


def test_health_that_cannot_be_read_is_inconclusive_and_passes_once_it_can() -> None:
    aws = FakeAws(slot_of(3, 3))
    aws.error = ExpiredCredentialsError("the AWS credentials have expired")
    gate = TargetsGate(aws, FakeClock().now)
    gate.begin(stage(50))
    blind = judged(gate)

    aws.error = None
    seeing = judged(gate, is_pass)
    gate.close()

    assert blind.outcome is Outcome.INCONCLUSIVE
    assert "the AWS credentials have expired" in blind.reason
    assert seeing.outcome is Outcome.PASS


def test_a_look_that_is_old_says_nothing() -> None:
    clock = FakeClock()
    gate = TargetsGate(FakeAws(slot_of(3, 3)), clock.now)
    gate.begin(stage(50))
    judged(gate)
    gate.close()

    clock.advance(targets.STALE_SECONDS + 600)

    assert judged(gate).outcome is Outcome.INCONCLUSIVE


def test_a_service_that_the_stack_does_not_have_is_inconclusive() -> None:
    gate = TargetsGate(FakeAws(slot_of(3, 3)), FakeClock().now)
    gate.begin(stage(50, services=("shop",)))

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "shop: the stack has no such service" in verdict.reason
