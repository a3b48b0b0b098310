from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.fault import NOT_THE_TARGETS, RequestFault
from probe.timing.stall import (
    BEAT_SECONDS,
    THRESHOLD_SECONDS,
    Deadline,
    Stall,
    StallKind,
    StallWatch,
)
from tests.probe.fake_clock import FakeClock

TIMEOUT_S = 0.02


def ended_at(*steps_s: float) -> float:
    """Runs a deadline whose timer comes after each of `steps_s` on the clock; when did it end?"""
    clock = FakeClock()
    started_s = clock.now_s
    steps = iter(steps_s)

    class Stepping(StallWatch):
        def beat(self) -> None:
            clock.run(next(steps))
            super().beat()

    async def wait() -> None:
        async with Deadline(clock, Stepping(clock, lambda _: None), TIMEOUT_S):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(wait())
    assert list(steps) == []
    return clock.now_s - started_s


def test_a_deadline_ends_the_wait_once_the_time_is_over() -> None:
    assert ended_at(TIMEOUT_S) == pytest.approx(TIMEOUT_S)


def test_a_deadline_is_put_off_by_as_long_as_the_prober_stalled() -> None:
    stalled_s = 3.0

    assert ended_at(BEAT_SECONDS + stalled_s, TIMEOUT_S) == pytest.approx(
        stalled_s + BEAT_SECONDS + TIMEOUT_S
    )


def test_an_answer_that_came_in_a_stall_is_taken_and_no_timeout() -> None:
    clock = FakeClock()
    watch = StallWatch(clock, lambda _: None)

    async def wait() -> str:
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        async with Deadline(clock, watch, TIMEOUT_S) as deadline:
            clock.run(BEAT_SECONDS + 3.0)
            asyncio.get_running_loop().call_later(TIMEOUT_S * 2, answer.set_result, "ok")
            assert deadline
            return await answer

    assert asyncio.run(wait()) == "ok"


def test_a_cancel_from_outside_stays_a_cancel() -> None:
    async def wait() -> None:
        clock = FakeClock()
        async with Deadline(clock, StallWatch(clock, lambda _: None), 60.0):
            await asyncio.Event().wait()

    async def cancelled() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_a_deadline_that_is_extended_begins_anew() -> None:
    clock = FakeClock()
    watch = StallWatch(clock, lambda _: None)

    async def wait() -> None:
        async with Deadline(clock, watch, TIMEOUT_S) as deadline:
            clock.run(TIMEOUT_S * 0.9)
            deadline.extend()
            clock.run(TIMEOUT_S * 0.9)
            await asyncio.sleep(TIMEOUT_S * 1.5)
            clock.run(TIMEOUT_S)
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(wait())


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
