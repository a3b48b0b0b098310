"""A clock that stands still until it is told to move."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class FakeClock:
    now_s: float = 1000.0
    slept_s: float = 0.0
    wall_offset_s: float = 1_800_000_000.0

    def monotonic(self) -> float:
        return self.now_s

    def wall(self) -> float:
        return self.now_s + self.slept_s + self.wall_offset_s

    def since_boot(self) -> float:
        return self.now_s + self.slept_s

    def run(self, seconds: float) -> None:
        """The machine runs, and so does the process or not."""
        self.now_s += seconds

    def sleep(self, seconds: float) -> None:
        """The machine is suspended."""
        self.slept_s += seconds
