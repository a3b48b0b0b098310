from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from live import cloudwatch as names
from live.cloudwatch import Measured, StackMetrics
from live.errors import UnreachableError
from ops.gates import metrics
from ops.gates.metrics import MetricsGate, first_whole_minute
from rollout.split import Slot
from rollout.verdict import Outcome, Verdict
from settings.gates.metrics import MetricsLimits
from tests.ops.gates.marks import NOON, FakeClock, stage
from tests.ops.gates.waiting import judged

LIMITS = MetricsLimits()
VERIFIED = NOON + timedelta(seconds=20)


def measured(**each: float) -> Measured:
    """The same values in two minutes."""
    at = [NOON + timedelta(minutes=n + 1) for n in range(2)]
    return Measured({metric: dict.fromkeys(at, value) for metric, value in each.items()})


def slot(requests: float = 1000, bad: float = 0, **more: float) -> Measured:
    """Two minutes of a slot; a count of 0 is absent, as CloudWatch has it."""
    counts = {names.REQUESTS: requests, names.STATUS_5XX: bad} | more
    return measured(**{metric: value for metric, value in counts.items() if value})


class FakeMetrics:
    """What CloudWatch has, and what it was asked."""

    def __init__(self, candidate: Measured, stable: Measured, balancer: Measured) -> None:
        self.slots = {("web", Slot.SECOND): candidate, ("web", Slot.FIRST): stable}
        self.balancer = balancer
        self.asked: list[tuple[datetime, datetime]] = []
        self.error: Exception | None = None

    def __call__(self, start: datetime, end: datetime) -> StackMetrics:
        self.asked.append((start, end))
        if self.error is not None:
            raise self.error
        return StackMetrics(start, end, self.slots, self.balancer)


def verdict_of(
    candidate: Measured,
    stable: Measured | None = None,
    *,
    balancer: Measured | None = None,
    limits: MetricsLimits = LIMITS,
    weight: int = 50,
    number: int = 1,
) -> Verdict:
    clock = FakeClock()
    clock.at = VERIFIED + timedelta(minutes=3)
    fake = FakeMetrics(candidate, stable or slot(), balancer or Measured())
    gate = MetricsGate(limits, fake, clock.now)
    gate.begin(stage(weight, at=VERIFIED, number=number))
    try:
        return judged(gate)
    finally:
        gate.close()


def test_a_candidate_without_errors_passes_and_says_what_that_rules_out() -> None:
    verdict = verdict_of(slot(1000))

    assert verdict.outcome is Outcome.PASS
    assert verdict.reason == (
        "web: 0 of 2,000 responses of slot 02 were 5xx; more than 0.15 % is ruled out at 95 %"
    )
    assert verdict.numbers["web.02.requests"] == 2000


def test_only_whole_minutes_after_the_verification_are_read() -> None:
    clock = FakeClock()
    clock.at = VERIFIED + timedelta(minutes=3)
    fake = FakeMetrics(slot(), slot(), Measured())
    gate = MetricsGate(LIMITS, fake, clock.now)
    gate.begin(stage(50, at=VERIFIED))

    verdict = judged(gate)
    gate.close()

    minute = timedelta(minutes=1)
    assert fake.asked[0] == (NOON + minute, NOON + 3 * minute)
    assert verdict.window is not None
    assert verdict.window.start == NOON + minute


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (1, 1), (59, 1), (60, 1)])
def test_the_first_partial_minute_is_dropped(seconds: int, minutes: int) -> None:
    found = first_whole_minute(NOON + timedelta(seconds=seconds))

    assert found == NOON + timedelta(minutes=minutes)


def test_five_percent_of_errors_fail() -> None:
    verdict = verdict_of(slot(4500, 225), slot(4500))

    assert verdict.outcome is Outcome.FAIL
    assert "slot 02: 5xx 5 % (450 of 9,000), of the stable slot 0 % (0 of 9,000)" in verdict.reason


def test_errors_of_both_slots_hold() -> None:
    assert verdict_of(slot(4500, 225), slot(4500, 220)).outcome is Outcome.INCONCLUSIVE


def test_a_candidate_within_its_limit_and_plainly_worse_fails() -> None:
    verdict = verdict_of(slot(9000, 54), slot(9000, 4))

    assert verdict.outcome is Outcome.FAIL
    assert "more than 2 times as much" in verdict.reason


def test_one_error_of_few_requests_is_no_five_percent() -> None:
    assert verdict_of(slot(20, 1), slot(20)).outcome is Outcome.PASS


def test_at_full_weight_the_limit_alone_decides() -> None:
    verdict = verdict_of(slot(1000, 100), Measured(), weight=100)

    assert verdict.outcome is Outcome.FAIL


def test_a_candidate_over_its_limit_holds_while_nothing_is_known_of_a_stable_slot_with_weight() -> (
    None
):
    verdict = verdict_of(slot(1000, 100), Measured(), weight=90)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "of the stable slot - (no requests): over the limit of 1 %" in verdict.reason


def test_latency_over_its_limit_holds_while_none_is_known_of_a_stable_slot_with_weight() -> None:
    limits = replace(LIMITS, max_latency_ms=500)
    slow = slot(**{names.LATENCY: 700})

    beside = verdict_of(slow, Measured(), limits=limits, weight=90)
    alone = verdict_of(slow, Measured(), limits=limits, weight=100)

    assert (beside.outcome, alone.outcome) == (Outcome.INCONCLUSIVE, Outcome.FAIL)


def test_latencies_are_compared_over_the_minutes_that_both_slots_have() -> None:
    first, second = (NOON + timedelta(minutes=n) for n in (1, 2))
    requests = {names.REQUESTS: {first: 1000.0, second: 1000.0}}
    candidate = Measured({**requests, names.LATENCY: {first: 900.0, second: 30.0}})
    stable = Measured({**requests, names.LATENCY: {second: 30.0}})

    assert verdict_of(candidate, stable).outcome is Outcome.PASS


def test_no_data_is_inconclusive() -> None:
    verdict = verdict_of(Measured(), slot())

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "CloudWatch has 0 requests of slot 02 in 2 whole minutes" in verdict.reason


def test_before_the_first_stage_there_is_nothing_to_measure() -> None:
    assert verdict_of(Measured(), slot(), weight=0, number=0).outcome is Outcome.PASS


def test_missing_pages_fail_where_4xx_are_judged() -> None:
    candidate = slot(**{names.STATUS_4XX: 200})

    assert (
        verdict_of(candidate, limits=replace(LIMITS, max_4xx_percent=5.0)).outcome is Outcome.FAIL
    )
    assert verdict_of(candidate).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        (150, 30, Outcome.FAIL),
        (45, 30, Outcome.PASS),
        (700, 40, Outcome.FAIL),
        (700, 690, Outcome.INCONCLUSIVE),
        (7, 1, Outcome.PASS),
    ],
)
def test_latency_is_judged_against_its_limit_and_the_stable_slot(
    ours: float, theirs: float, outcome: Outcome
) -> None:
    limits = replace(LIMITS, max_latency_ms=500)

    verdict = verdict_of(
        slot(**{names.LATENCY: ours}), slot(**{names.LATENCY: theirs}), limits=limits
    )

    assert verdict.outcome is outcome


def test_failed_connections_to_the_candidates_targets_fail() -> None:
    verdict = verdict_of(slot(**{names.CONNECTION_ERRORS: 3}))

    assert verdict.outcome is Outcome.FAIL
    assert "6 connections to its targets failed" in verdict.reason


def test_failed_connections_to_both_slots_targets_hold() -> None:
    both = slot(**{names.CONNECTION_ERRORS: 3})

    assert verdict_of(both, both).outcome is Outcome.INCONCLUSIVE


def test_the_load_balancers_own_errors_hold_since_they_name_no_slot() -> None:
    balancer = measured(**{names.REQUESTS: 2000, names.BALANCER_5XX: 100})

    verdict = verdict_of(slot(), balancer=balancer)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the load balancer itself answers 5 %" in verdict.reason


def test_a_reading_that_is_old_says_nothing() -> None:
    clock = FakeClock()
    clock.at = VERIFIED + timedelta(minutes=3)
    gate = MetricsGate(LIMITS, FakeMetrics(slot(), slot(), Measured()), clock.now)
    gate.begin(stage(50, at=VERIFIED))
    assert judged(gate).outcome is Outcome.PASS
    gate.close()

    clock.advance(metrics.LOOKS.stale_seconds + 1)

    assert gate.judge().outcome is Outcome.INCONCLUSIVE
    assert "CloudWatch was last read 121 s ago" in gate.judge().reason


def test_metrics_that_cannot_be_read_are_inconclusive() -> None:
    clock = FakeClock()
    clock.at = VERIFIED + timedelta(minutes=3)
    fake = FakeMetrics(slot(), slot(), Measured())
    fake.error = UnreachableError("AWS cannot be reached")
    gate = MetricsGate(LIMITS, fake, clock.now)
    gate.begin(stage(50, at=VERIFIED))

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "AWS cannot be reached" in verdict.reason
