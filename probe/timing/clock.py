"""The clocks of the prober: one that measures, one that a person reads, one that counts sleep."""

from __future__ import annotations

import time
from typing import Protocol


class ProbeClock(Protocol):
    """Where the time comes from; tests pass their own."""

    def monotonic(self) -> float:
        """Seconds that never jump; they stand still while the machine sleeps."""
        ...

    def wall(self) -> float:
        """Unix seconds, as people and servers count them; they may jump."""
        ...

    def since_boot(self) -> float:
        """Seconds that never jump and go on while the machine sleeps."""
        ...


_COUNTS_SLEEP = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
# Linux's CLOCK_MONOTONIC stands still in suspend and CLOCK_BOOTTIME does not. macOS has no
# CLOCK_BOOTTIME; there CLOCK_MONOTONIC counts sleep and `time.monotonic` does not.
# Source: clock_gettime(2) of Linux, clock_gettime(3) of macOS.


class SystemProbeClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """The clock that asyncio's own timers run on."""
        return time.monotonic()

    def wall(self) -> float:
        """Unix seconds."""
        return time.time()

    def since_boot(self) -> float:
        """Seconds that include suspend."""
        return time.clock_gettime(_COUNTS_SLEEP)


class WallTime:
    """Turns monotonic times into Unix seconds.

    Both ends of a request are measured on the monotonic clock; only what is written is Unix time.
    A wall clock that is set while a run goes on is not followed, since lines would then overlap or
    leave a hole that looks like an outage; sleep is, since there the wall clock is right.
    """

    STEP_SECONDS = 1.0
    """A wall clock that has moved by less is not worth a word."""

    def __init__(self, clock: ProbeClock) -> None:
        """Anchor the wall clock to the monotonic one, now."""
        self._clock = clock
        self._offset_s = self._known_s = clock.wall() - clock.monotonic()

    def at(self, monotonic_s: float) -> float:
        """The Unix seconds at a monotonic time."""
        return monotonic_s + self._offset_s

    def skip(self, slept_s: float) -> None:
        """Go on after a sleep that the monotonic clock did not count."""
        self._offset_s += slept_s
        self._known_s += slept_s

    def step_seconds(self) -> float:
        """By how much the wall clock was set since this was last asked; 0.0 if it was not."""
        moved_s = self._clock.wall() - self._clock.monotonic() - self._known_s
        if abs(moved_s) < self.STEP_SECONDS:
            return 0.0
        self._known_s += moved_s
        return moved_s
