from __future__ import annotations

import asyncio

import pytest

from probe.deadline import Deadline
from probe.stall import BEAT_SECONDS, StallWatch
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
