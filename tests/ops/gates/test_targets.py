from __future__ import annotations

import queue
from collections.abc import Sequence

import pytest

from live.errors import ExpiredCredentialsError, ThrottledError
from ops.gates import targets
from ops.gates.targets import TargetsGate
from rollout.observation import LiveRule, LiveService, LiveSlot, Target
from rollout.split import Slot
from rollout.target_health import RampCounts
from rollout.verdict import Outcome
from tests.fleets.made import group_of
from tests.ops.gates.marks import FakeClock, stage
from tests.ops.gates.waiting import is_fail, is_inconclusive, is_pass, judged


def slot_of(healthy: int, desired: int, ill: str = "unhealthy") -> LiveSlot:
    states = ["healthy"] * healthy + [ill] * (desired - healthy)
    found = tuple(Target(f"i-{n}", state) for n, state in enumerate(states))
    fleet = group_of("group", desired, 0, 10)
    return LiveSlot("arn", found, fleet.kind, fleet)


def service_of(candidate: LiveSlot, stable: LiveSlot) -> LiveService:
    return LiveService(LiveRule("web", "arn", 90, 10), {Slot.SECOND: candidate, Slot.FIRST: stable})


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

    gate.begin(stage(100, number=5, is_released=True))
    after = judged(gate)
    gate.close()

    assert "slot 01 has 1 healthy targets and had 3" in before.reason
    assert after.outcome is Outcome.PASS, after.reason


def test_a_candidate_that_its_policy_cuts_and_raises_again_after_the_hold_is_not_failed() -> None:
    aws = FakeAws(slot_of(6, 6))
    gate = TargetsGate(aws, FakeClock().now)
    gate.begin(stage(100, number=5, is_released=True, counted=RampCounts(6, 6, 6)))
    assert judged(gate).outcome is Outcome.PASS

    aws.candidate = slot_of(4, 4)
    cut = judged(gate, lambda verdict: verdict.numbers.get("web.02.desired") == 4)
    aws.candidate = slot_of(4, 6, "initial")
    raised = judged(gate, lambda verdict: verdict.numbers.get("web.02.desired") == 6)
    aws.candidate = slot_of(1, 6)
    dying = judged(gate, is_fail)
    gate.close()

    assert (cut.outcome, raised.outcome) == (Outcome.PASS, Outcome.PASS)
    assert "slot 02 has 1 healthy targets of the 4" in dying.reason


def test_a_stable_slot_that_was_growing_when_the_ramp_began_holds_nothing() -> None:
    aws = FakeAws(slot_of(3, 3))
    aws.stable = slot_of(6, 9, "initial")
    gate = TargetsGate(aws, FakeClock().now)
    gate.begin(stage(10, counted=RampCounts(9, 3, 9)))

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.PASS, verdict.reason


def test_a_stable_slot_that_has_grown_and_shrinks_back_while_it_is_lowered_holds_nothing() -> None:
    aws = FakeAws(slot_of(3, 3))
    aws.stable = slot_of(9, 9)
    resumed = TargetsGate(aws, FakeClock().now)
    resumed.begin(stage(50, counted=RampCounts(6, 3, 6)))
    assert judged(resumed).outcome is Outcome.PASS

    aws.stable = slot_of(6, 6)
    verdict = judged(resumed, lambda found: found.numbers.get("web.01.healthy") == 6)
    resumed.close()

    assert verdict.outcome is Outcome.PASS, verdict.reason


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

    clock.advance(targets.LOOKS.stale_seconds + 600)

    assert judged(gate).outcome is Outcome.INCONCLUSIVE


def test_a_service_that_the_stack_does_not_have_is_inconclusive() -> None:
    gate = TargetsGate(FakeAws(slot_of(3, 3)), FakeClock().now)
    gate.begin(stage(50, services=("shop",)))

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "shop: the stack has no such service" in verdict.reason
