from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from ops.gates.probe import STALE_SECONDS, ProbeGate
from ops.traffic.answer import BY_THE_LOGIN, SlotAnswer, SlotStream
from probe.record.line import RequestOutcome
from rollout.split import Slot
from rollout.verdict import Outcome, Verdict
from settings.gates.probe import ProbeLimits
from tests.ops.gates.marks import FakeClock, stage

LIMITS = ProbeLimits()
RATE = 20


@dataclass
class FakeTraffic:
    """Answers as a test wants them, a second at a time."""

    clock: FakeClock
    is_alive: bool = True
    stalled_s: float = 0.0
    failing: dict[Slot, float] = field(default_factory=dict[Slot, float])
    """Slot -> every so manieth request of it fails."""
    users_lost_every: int = 0
    latency_ms: dict[Slot, float] = field(
        default_factory=lambda: {Slot.FIRST: 5.0, Slot.SECOND: 5.0}
    )
    excluded: bool = False
    by_the_login: bool = False
    weight: int = 10
    count: int = 0

    def subscribe(self, listener: Callable[[Sequence[SlotAnswer]], None]) -> None:
        self._listener = listener

    def stalled_seconds(self, since_s: float) -> float:
        return self.stalled_s

    def second(self) -> None:
        """A second of traffic on every stream."""
        start_s = self.clock.now().timestamp()
        batch = [
            self._answer(stream, start_s + n / RATE, n)
            for n in range(RATE)
            for stream in SlotStream
        ]
        self._listener(batch)
        self.clock.advance(1.0)

    def _answer(self, stream: SlotStream, at_s: float, number: int) -> SlotAnswer:
        self.count += 1
        weighted = Slot.SECOND if number < RATE * self.weight / 100 else Slot.FIRST
        slot = stream.slot or weighted
        every = self.failing.get(slot, 0)
        fault = "status 500" if every and self.count % every < 1 else None
        signed: Slot | None = slot
        if (
            stream is SlotStream.USERS
            and self.users_lost_every
            and number % self.users_lost_every == 0
        ):
            fault, signed = "status 502", None
        said = RequestOutcome.FAILED if fault else RequestOutcome.OK
        if self.by_the_login:
            fault, signed = BY_THE_LOGIN, None
        return SlotAnswer(
            "web",
            stream,
            signed,
            RequestOutcome.EXCLUDED if self.excluded or self.by_the_login else said,
            at_s,
            at_s + 0.01,
            self.latency_ms[slot],
            fault,
        )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def traffic(clock: FakeClock) -> FakeTraffic:
    return FakeTraffic(clock)


@pytest.fixture
def gate(traffic: FakeTraffic, clock: FakeClock) -> ProbeGate:
    gate = ProbeGate(LIMITS, traffic, clock.now)
    gate.begin(stage())
    return gate


def judged_after(gate: ProbeGate, traffic: FakeTraffic, seconds: int) -> Verdict:
    """The first verdict that fails in that time, else the last."""
    verdict = gate.judge()
    for _ in range(seconds):
        traffic.second()
        verdict = gate.judge()
        if verdict.outcome is Outcome.FAIL:
            return verdict
    return verdict


def test_a_good_candidate_passes_a_five_second_bake_and_says_what_that_rules_out(
    gate: ProbeGate, traffic: FakeTraffic
) -> None:
    verdict = judged_after(gate, traffic, 5)

    assert verdict.outcome is Outcome.PASS
    assert verdict.reason.endswith("is ruled out at 95 %")
    assert verdict.numbers["web.candidateFailed"] == 0
    assert 1 < float(verdict.numbers["web.excludedPercent"]) < 5
    assert verdict.window is not None
    assert verdict.window.seconds == 5


def test_without_any_answer_nothing_is_known(gate: ProbeGate, clock: FakeClock) -> None:
    clock.advance(STALE_SECONDS + 1)

    verdict = gate.judge()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "no answer for 4 s" in verdict.reason


def test_a_session_that_is_over_is_named_where_the_login_answers(
    gate: ProbeGate, traffic: FakeTraffic
) -> None:
    traffic.by_the_login = True

    verdict = judged_after(gate, traffic, 5)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the session in services.web.probe.cookie may be over" in verdict.reason


def test_before_any_stage_nothing_is_known(traffic: FakeTraffic, clock: FakeClock) -> None:
    assert ProbeGate(LIMITS, traffic, clock.now).judge().outcome is Outcome.INCONCLUSIVE


def test_answers_from_before_the_stage_do_not_speak_for_it(
    gate: ProbeGate, traffic: FakeTraffic, clock: FakeClock
) -> None:
    assert judged_after(gate, traffic, 10).outcome is Outcome.PASS

    gate.begin(stage(25, at=clock.now(), number=2))

    verdict = gate.judge()
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "only 0 answers of slot 0" in verdict.reason


def test_answers_still_speak_for_the_same_stage_without_floors(
    gate: ProbeGate, traffic: FakeTraffic
) -> None:
    before = judged_after(gate, traffic, 10)

    gate.begin(stage(is_released=True))

    assert gate.judge() == before


@pytest.mark.parametrize("every", [5, 10, 50])
def test_a_candidate_that_loses_requests_fails_whatever_its_weight(
    gate: ProbeGate, traffic: FakeTraffic, every: int
) -> None:
    gate.begin(stage(0, number=0))
    traffic.weight = 0
    traffic.failing[Slot.SECOND] = every

    verdict = judged_after(gate, traffic, 60)

    assert verdict.outcome is Outcome.FAIL
    assert verdict.reason.startswith("web: slot 02 lost ")
    assert "status 500" in str(verdict.numbers["web.candidateFaults"])


def test_a_candidate_that_is_slow_fails(gate: ProbeGate, traffic: FakeTraffic) -> None:
    assert judged_after(gate, traffic, 5).outcome is Outcome.PASS
    traffic.latency_ms[Slot.SECOND] = 1005.0

    verdict = judged_after(gate, traffic, 5)

    assert verdict.outcome is Outcome.FAIL
    assert "slot 02 is slow: 95 % of its requests take up to 1,005 ms" in verdict.reason


def test_a_few_milliseconds_more_are_no_matter(gate: ProbeGate, traffic: FakeTraffic) -> None:
    traffic.latency_ms[Slot.SECOND] = 24.0

    assert judged_after(gate, traffic, 60).outcome is Outcome.PASS


def test_requests_that_no_slot_signs_fail_a_candidate_that_has_weight(
    gate: ProbeGate, traffic: FakeTraffic
) -> None:
    traffic.users_lost_every = 10

    verdict = judged_after(gate, traffic, 20)

    assert verdict.outcome is Outcome.FAIL
    assert "users lost" in verdict.reason
    assert "with slot 02 at 10 %" in verdict.reason


def test_a_dip_of_both_slots_holds_and_passes_once_it_is_over(
    gate: ProbeGate, traffic: FakeTraffic
) -> None:
    traffic.failing = {Slot.FIRST: 2, Slot.SECOND: 2}
    during = judged_after(gate, traffic, 30)
    traffic.failing = {}
    after = judged_after(gate, traffic, 15)

    assert during.outcome is Outcome.INCONCLUSIVE
    assert "not known to be caused by the candidate" in during.reason
    assert during.reason.endswith("allow it in ramp.gates.probe.maxFailedPercent")
    assert after.outcome is Outcome.PASS


def test_a_stable_slot_that_fails_holds_and_blames_no_candidate(
    gate: ProbeGate, traffic: FakeTraffic
) -> None:
    traffic.failing = {Slot.FIRST: 2}

    verdict = judged_after(gate, traffic, 10)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "it is the stable slot that fails" in verdict.reason


def test_both_slots_slow_at_once_hold(gate: ProbeGate, traffic: FakeTraffic) -> None:
    assert judged_after(gate, traffic, 10).outcome is Outcome.PASS
    traffic.latency_ms = {Slot.FIRST: 900.0, Slot.SECOND: 900.0}

    verdict = judged_after(gate, traffic, 2)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "both slots became slow" in verdict.reason


def test_a_prober_that_ended_tells_nothing(gate: ProbeGate, traffic: FakeTraffic) -> None:
    judged_after(gate, traffic, 5)
    traffic.is_alive = False

    assert gate.judge().outcome is Outcome.INCONCLUSIVE


def test_the_probers_own_stall_is_left_out_and_said(gate: ProbeGate, traffic: FakeTraffic) -> None:
    traffic.stalled_s = 4.0

    verdict = judged_after(gate, traffic, 5)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the prober did not run for 4.0 of 5.0 s" in verdict.reason


def test_a_shorter_stall_is_left_out_and_said_as_well(
    gate: ProbeGate, traffic: FakeTraffic
) -> None:
    traffic.stalled_s = 1.2

    verdict = judged_after(gate, traffic, 5)

    assert verdict.outcome is Outcome.PASS
    assert verdict.reason.endswith("left out: 1.2 s in which the prober itself did not run")
    assert verdict.numbers["stalledSeconds"] == 1.2


def test_a_service_that_no_answer_tells_of_any_more_is_not_passed_by_what_was_before(
    gate: ProbeGate, traffic: FakeTraffic
) -> None:
    assert judged_after(gate, traffic, 10).outcome is Outcome.PASS
    traffic.excluded = True

    verdict = judged_after(gate, traffic, 10)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "web: no answer for 10 s" in verdict.reason


def test_requests_that_the_prober_could_not_send_say_nothing(
    gate: ProbeGate, traffic: FakeTraffic
) -> None:
    traffic.failing, traffic.excluded = {Slot.SECOND: 1}, True

    verdict = judged_after(gate, traffic, 10)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "only 0 answers" in verdict.reason


def test_users_whose_requests_fail_before_the_first_stage_stop_the_ramp_there(
    traffic: FakeTraffic, clock: FakeClock
) -> None:
    gate = ProbeGate(LIMITS, traffic, clock.now)
    traffic.weight, traffic.users_lost_every = 0, 1
    gate.begin(stage(0, number=0))
    verdicts: list[Verdict] = []

    for _ in range(5):
        traffic.second()
        verdicts.append(gate.judge())

    assert Outcome.PASS not in {verdict.outcome for verdict in verdicts}
    verdict = verdicts[-1]
    assert verdict.outcome is Outcome.FAIL
    assert "web: users lost" in verdict.reason
    assert "already fail, before this ramp moves any weight" in verdict.reason
    assert "failover drift" in verdict.reason


def test_a_stable_slot_that_fails_its_users_before_the_first_stage_is_not_blamed_on_the_rules(
    traffic: FakeTraffic, clock: FakeClock
) -> None:
    gate = ProbeGate(LIMITS, traffic, clock.now)
    traffic.weight, traffic.failing = 0, {Slot.FIRST: 2}
    gate.begin(stage(0, number=0))

    assert judged_after(gate, traffic, 20).outcome is Outcome.INCONCLUSIVE


def test_a_good_service_passes_before_the_first_stage(
    traffic: FakeTraffic, clock: FakeClock
) -> None:
    gate = ProbeGate(LIMITS, traffic, clock.now)
    traffic.weight = 0
    gate.begin(stage(0, number=0))

    assert judged_after(gate, traffic, 5).outcome is Outcome.PASS
