from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.http.attempt import Attempt, LineMaker
from probe.options.target import ProbeTarget
from probe.record.line import Mode
from probe.timing.clock import WallTime
from probe.timing.schedule import LATE_LIMIT_SECONDS, Launch, Rotation, Schedule, launch_at
from probe.timing.stall import StallWatch
from tests.probe.fake_clock import FakeClock

rates = st.floats(0.01, 10_000)
TARGET = ProbeTarget.parse("http://a.example.com/")


@given(rates, st.integers(0, 10_000_000))
def test_a_request_is_due_at_its_number_over_the_rate_without_drift(
    rate: float, index: int
) -> None:
    schedule = Schedule(100.0, rate)

    assert schedule.planned_s(index) == pytest.approx(100.0 + index / rate, rel=1e-12)
    assert schedule.planned_s(index + 1) >= schedule.planned_s(index)


@pytest.mark.parametrize(
    ("rate", "duration_s", "total"),
    [
        (50, 10.0, 500),
        (200, 0.2, 40),
        (0.2, 10.0, 2),
        (0.2, 1.0, 1),
        (3, 1.0, 3),
        (1000, 0.0005, 1),
        (50, None, None),
    ],
)
def test_a_duration_holds_the_requests_that_are_due_before_its_end(
    rate: float, duration_s: float | None, total: int | None
) -> None:
    assert Schedule(0.0, rate, duration_s).total == total


@given(rates, st.floats(0.001, 10_000))
def test_the_last_request_is_due_before_the_end(rate: float, duration_s: float) -> None:
    schedule = Schedule(0.0, rate, duration_s)

    assert schedule.total is not None
    assert schedule.planned_s(schedule.total - 1) < duration_s + 1e-6 or schedule.total == 1


@pytest.mark.parametrize(
    ("late_s", "in_flight", "launch"),
    [
        (0.0, 0, Launch.SEND),
        (0.040, 0, Launch.SEND),
        (LATE_LIMIT_SECONDS, 0, Launch.SEND),
        (LATE_LIMIT_SECONDS + 0.001, 0, Launch.TOO_LATE),
        (3.0, 0, Launch.TOO_LATE),
        (0.0, 9, Launch.SEND),
        (0.0, 10, Launch.AT_THE_CAP),
        (3.0, 10, Launch.TOO_LATE),
    ],
)
def test_what_is_due_is_sent_unless_we_are_far_too_late_or_at_the_cap(
    late_s: float, in_flight: int, launch: Launch
) -> None:
    assert launch_at(100.0, 100.0 + late_s, in_flight, max_in_flight=10) is launch


@pytest.mark.parametrize(
    ("late_ms", "service_ms", "latency_ms"),
    [(0.0, 10.0, 10.0), (40.0, 10.0, 50.0), (40.0, 0.0, 40.0), (0.5, 2000.0, 2000.5)],
)
def test_a_late_send_is_part_of_the_latency(
    late_ms: float, service_ms: float, latency_ms: float
) -> None:
    clock = FakeClock()
    maker = LineMaker(WallTime(clock), StallWatch(clock, lambda _: None), "x-slot", "x-build")
    planned_s = clock.monotonic()
    started_s = planned_s + late_ms / 1000
    attempt = Attempt(0, TARGET, Mode.FRESH, "GET", planned_s, started_s)
    attempt.ended_s = started_s + service_ms / 1000

    line = maker.line(attempt)

    assert line.latency_ms == pytest.approx(latency_ms)
    assert line.late_ms == pytest.approx(late_ms)


@given(st.integers(1, 4), st.integers(0, 1000))
def test_every_url_meets_every_mode_equally_often(urls: int, start: int) -> None:
    targets = tuple(ProbeTarget.parse(f"http://a.example.com/{n}") for n in range(urls))
    modes = (Mode.FRESH, Mode.KEPT)
    rotation = Rotation(targets, modes)

    dealt = [rotation.turn(index) for index in range(start, start + urls * 2)]

    assert sorted(dealt, key=str) == sorted(((t, m) for t in targets for m in modes), key=str)
