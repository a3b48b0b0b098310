from __future__ import annotations

import pytest

from probe.timing.clock import SystemProbeClock, WallTime
from tests.probe.fake_clock import FakeClock


def test_a_wall_clock_that_is_set_moves_nothing_that_is_written_and_is_told_once() -> None:
    clock = FakeClock()
    wall = WallTime(clock)
    before = wall.at(1000.0)
    clock.run(1.0)
    clock.wall_offset_s -= 7200.0

    told = [wall.step_seconds(), wall.step_seconds()]

    assert told == [pytest.approx(-7200.0), 0.0]
    assert wall.at(1001.0) == pytest.approx(before + 1.0)


def test_after_a_sleep_what_is_written_is_the_wall_clock_again() -> None:
    clock = FakeClock()
    wall = WallTime(clock)
    clock.sleep(3600.0)

    wall.skip(3600.0)

    assert wall.at(clock.monotonic()) == pytest.approx(clock.wall())
    assert wall.step_seconds() == 0.0


def test_clocks_that_agree_are_not_worth_a_word() -> None:
    clock = FakeClock()
    wall = WallTime(clock)
    clock.run(3600.0)
    clock.wall_offset_s += 0.5

    assert wall.step_seconds() == 0.0


def test_the_systems_clocks_go_forward() -> None:
    clock = SystemProbeClock()

    first = (clock.monotonic(), clock.since_boot())
    second = (clock.monotonic(), clock.since_boot())

    assert second >= first
    assert clock.wall() > 1_700_000_000
