from __future__ import annotations

from collections.abc import Sequence

import pytest

from live.cloudwatch import Alarm
from live.errors import ThrottledError
from ops.gates import alarms
from ops.gates.alarms import AlarmsGate
from rollout.split import Slot
from rollout.verdict import Outcome, Verdict
from tests.ops.gates.marks import NOON, FakeClock, stage
from tests.ops.gates.waiting import judged


def alarm(state: str, slot: Slot | None = Slot.SECOND, service: str | None = "web") -> Alarm:
    return Alarm(f"alarm-{slot}", state, "Threshold Crossed", NOON, service, slot)


def verdict_of(found: Sequence[Alarm]) -> Verdict:
    gate = AlarmsGate(lambda: found, FakeClock().now)
    gate.begin(stage())
    try:
        return judged(gate)
    finally:
        gate.close()


def test_quiet_alarms_pass() -> None:
    verdict = verdict_of([alarm("OK"), alarm("OK", Slot.FIRST)])

    assert verdict.outcome is Outcome.PASS
    assert verdict.reason == "none of 2 alarms is on"


@pytest.mark.parametrize(
    "firing", [alarm("ALARM"), alarm("ALARM", None, None)], ids=["candidate", "load balancer"]
)
def test_an_alarm_of_the_candidate_or_the_load_balancer_fails(firing: Alarm) -> None:
    verdict = verdict_of([alarm("OK", Slot.FIRST), firing])

    assert verdict.outcome is Outcome.FAIL
    assert "is in ALARM since 12:00:00: Threshold Crossed" in verdict.reason


def test_an_alarm_of_the_stable_slot_holds() -> None:
    verdict = verdict_of([alarm("OK"), alarm("ALARM", Slot.FIRST)])

    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_an_alarm_of_a_service_that_is_not_ramped_is_nobodys_business() -> None:
    verdict = verdict_of([alarm("OK"), alarm("ALARM", Slot.SECOND, "portal")])

    assert verdict.outcome is Outcome.PASS


def test_alarms_without_data_say_nothing_and_one_with_data_is_enough() -> None:
    silent = alarm("INSUFFICIENT_DATA")

    assert verdict_of([silent]).outcome is Outcome.INCONCLUSIVE
    assert verdict_of([silent, alarm("OK", Slot.FIRST)]).outcome is Outcome.PASS


def test_a_stack_without_alarms_is_inconclusive() -> None:
    assert "set failover:alarms" in verdict_of([]).reason


def test_a_look_that_is_old_says_nothing() -> None:
    clock = FakeClock()
    gate = AlarmsGate(lambda: [alarm("OK")], clock.now)
    gate.begin(stage())
    assert judged(gate).outcome is Outcome.PASS
    gate.close()

    clock.advance(alarms.LOOKS.stale_seconds + 1)

    assert gate.judge().outcome is Outcome.INCONCLUSIVE
    assert "alarms were last read 61 s ago" in gate.judge().reason


def test_alarms_that_cannot_be_read_are_inconclusive() -> None:
    def read() -> Sequence[Alarm]:
        raise ThrottledError("AWS throttles the calls")

    gate = AlarmsGate(read, FakeClock().now)
    gate.begin(stage())

    verdict = judged(gate)
    gate.close()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "AWS throttles the calls" in verdict.reason
