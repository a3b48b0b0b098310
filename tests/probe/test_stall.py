from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.fault import NOT_THE_TARGETS, RequestFault
from probe.stall import BEAT_SECONDS, THRESHOLD_SECONDS, Stall, StallKind, StallWatch
from tests.probe.fake_clock import FakeClock


def watched(clock: FakeClock) -> tuple[StallWatch, list[Stall]]:
    stalls: list[Stall] = []
    return StallWatch(clock, stalls.append), stalls


def test_a_heartbeat_in_time_is_no_stall() -> None:
    clock = FakeClock()
    watch, stalls = watched(clock)

    for _ in range(100):
        clock.run(BEAT_SECONDS + THRESHOLD_SECONDS - 0.001)
        watch.beat()

    assert stalls == []
    assert watch.lost_seconds(0.0, clock.now_s) == 0.0


def test_a_process_that_was_stopped_for_three_seconds_stalled_for_three_seconds() -> None:
    clock = FakeClock()
    watch, stalls = watched(clock)
    clock.run(BEAT_SECONDS + 3.0)

    watch.beat()

    (stall,) = stalls
    assert stall.kind is StallKind.PAUSED
    assert (stall.start_s, stall.end_s, stall.lost_s) == pytest.approx((1000.01, 1003.01, 3.0))


def test_a_machine_that_slept_stalled_for_as_long_though_its_monotonic_clock_stood_still() -> None:
    clock = FakeClock()
    watch, stalls = watched(clock)
    clock.run(0.005)
    clock.sleep(3600.0)

    watch.beat()

    assert [(stall.kind, stall.lost_s) for stall in stalls] == [
        (StallKind.ASLEEP, pytest.approx(3600.0))
    ]


def test_a_step_of_the_wall_clock_is_no_stall() -> None:
    clock = FakeClock()
    watch, stalls = watched(clock)
    clock.run(0.01)
    clock.wall_offset_s += 3600.0

    watch.beat()

    assert stalls == []


@pytest.mark.parametrize(
    ("since_s", "until_s", "lost_s"),
    [
        (1000.0, 1000.05, 0.0),
        (1000.0, 1001.06, 1.0),
        (1001.06, 1002.06, 1.0),
        (1000.0, 1010.0, 3.0),
        (1003.06, 1010.0, 0.0),
    ],
)
def test_a_request_is_told_how_much_of_its_life_we_stalled(
    since_s: float, until_s: float, lost_s: float
) -> None:
    clock = FakeClock()
    watch, _ = watched(clock)
    clock.run(0.05)
    watch.beat()
    clock.run(BEAT_SECONDS + 3.0)

    watch.beat()

    assert watch.lost_seconds(since_s, until_s) == pytest.approx(lost_s)


PAUSE = Stall(StallKind.PAUSED, 100.0, 103.0, 3.0)
SLEEP = Stall(StallKind.ASLEEP, 100.0, 100.01, 3600.0)


@pytest.mark.parametrize(
    ("stall", "fault", "since_s", "until_s", "is_excused"),
    [
        (PAUSE, RequestFault.RESET_IN_BODY, 99.9, 103.1, True),
        (PAUSE, RequestFault.KEPT_ALIVE_CLOSED, 102.0, 103.1, True),
        (PAUSE, RequestFault.BODY_CUT, 99.0, 104.5, False),
        (PAUSE, RequestFault.RESET_IN_BODY, 103.5, 103.6, False),
        (PAUSE, RequestFault.RESET_IN_BODY, 98.0, 99.0, False),
        (PAUSE, RequestFault.UNEXPECTED_STATUS, 99.9, 103.1, False),
        (PAUSE, RequestFault.UNEXPECTED_BODY, 99.9, 103.1, False),
        (PAUSE, RequestFault.RESPONSE_TIMEOUT, 99.9, 106.0, False),
        (PAUSE, RequestFault.CONNECT_REFUSED, 102.0, 103.1, False),
        (PAUSE, RequestFault.TLS_CERTIFICATE, 102.0, 103.1, False),
        (SLEEP, RequestFault.DNS_FAILURE, 103.0, 103.1, True),
        (SLEEP, RequestFault.RESPONSE_TIMEOUT, 99.0, 105.0, True),
        (SLEEP, RequestFault.DNS_FAILURE, 120.0, 120.1, False),
        (SLEEP, RequestFault.UNEXPECTED_STATUS, 99.0, 100.02, False),
    ],
)
def test_a_stall_excuses_what_it_can_have_caused_and_never_an_answer(
    stall: Stall, fault: RequestFault, since_s: float, until_s: float, *, is_excused: bool
) -> None:
    assert stall.excuses(fault, since_s, until_s) is is_excused


@given(st.sampled_from(sorted(NOT_THE_TARGETS)))
def test_what_is_not_the_targets_is_always_excused(fault: RequestFault) -> None:
    watch, _ = watched(FakeClock())

    assert watch.excuses(fault, 0.0, 1.0)


@given(st.sampled_from(sorted(set(RequestFault) - NOT_THE_TARGETS)))
def test_without_a_stall_nothing_of_the_targets_is_excused(fault: RequestFault) -> None:
    watch, _ = watched(FakeClock())

    assert not watch.excuses(fault, 0.0, 2000.0)
