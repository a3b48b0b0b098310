from __future__ import annotations

import pytest

from probe.clock import SystemClock, WallTime
from tests.probe.fake_clock import FakeClock


def test_a_step_of_the_wall_clock_moves_what_is_written_and_no_length() -> None:
    clock = FakeClock()
    wall = WallTime(clock)
    before = wall.at(1000.0)
    clock.run(1.0)
    clock.wall_offset_s -= 7200.0

    moved_s = wall.follow()

    assert moved_s == pytest.approx(-7200.0)
    assert wall.at(1001.0) == pytest.approx(before + 1.0 - 7200.0)
    assert wall.at(1001.0) - wall.at(1000.0) == pytest.approx(1.0)


def test_after_a_sleep_what_is_written_is_the_wall_clock_again() -> None:
    clock = FakeClock()
    wall = WallTime(clock)
    clock.sleep(3600.0)

    wall.follow()

    assert wall.at(clock.monotonic()) == pytest.approx(clock.wall())


def test_clocks_that_agree_move_nothing() -> None:
    clock = FakeClock()
    wall = WallTime(clock)
    clock.run(3600.0)

    assert wall.follow() == 0.0


def test_the_systems_clocks_go_forward() -> None:
    clock = SystemClock()

    first = (clock.monotonic(), clock.since_boot())
    second = (clock.monotonic(), clock.since_boot())

    assert second >= first
    assert clock.wall() > 1_700_000_000
