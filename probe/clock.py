"""The clocks of the prober: one that measures, one that a person reads, one that counts sleep."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
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


class SystemClock:
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
    """Turns monotonic times into Unix seconds, so that a step of the wall clock moves no latency.

    Both ends of a request are measured on the monotonic clock; only what is written is Unix time.
    """

    STEP_SECONDS = 0.005
    """A difference above this moves the anchor; below it the clocks are as good as equal."""

    def __init__(self, clock: Clock) -> None:
        """Anchor the wall clock to the monotonic one, now."""
        self._clock = clock
        self._offset_s = clock.wall() - clock.monotonic()

    def at(self, monotonic_s: float) -> float:
        """The Unix seconds at a monotonic time."""
        return monotonic_s + self._offset_s

    def follow(self) -> float:
        """Anchor anew if the wall clock moved against the monotonic one.

        Returns:
            By how many seconds it moved; 0.0 when it did not.
        """
        offset_s = self._clock.wall() - self._clock.monotonic()
        moved_s = offset_s - self._offset_s
        if abs(moved_s) < self.STEP_SECONDS:
            return 0.0
        self._offset_s = offset_s
        return moved_s
