"""When each request is due: a pure function of its number, whatever the answers do.

The schedule is an open loop. A closed loop, which sends the next request when the last one was
answered, sends less to a slow server and so hides the outage that it should measure.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from probe.options.target import ProbeTarget
from probe.record.line import Mode

LATE_LIMIT_SECONDS = 0.25
"""A request that is later than this is not sent: a burst after a stall would be a load of its own,
and its answers would be about the burst."""


class Launch(enum.Enum):
    """What becomes of a request whose time has come."""

    SEND = enum.auto()
    TOO_LATE = enum.auto()
    AT_THE_CAP = enum.auto()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Requests 0, 1, 2 … at a constant rate from `start_s` on, the first one at once.

    `start_s` is on the monotonic clock. The number of a request decides its time, so a late one
    moves no other, and no error adds up.
    """

    start_s: float
    rate_per_s: float
    duration_s: float | None = None

    def planned_s(self, index: int) -> float:
        """The time at which request `index` is to leave."""
        return self.start_s + index / self.rate_per_s

    @property
    def total(self) -> int | None:
        """How many requests fall before the end; None when the run has none."""
        if self.duration_s is None:
            return None
        return max(1, math.ceil(self.duration_s * self.rate_per_s - 1e-9))


def launch_at(planned_s: float, now_s: float, in_flight: int, max_in_flight: int) -> Launch:
    """Decide on a request that is due: lateness first, since then the prober is the cause."""
    if now_s - planned_s > LATE_LIMIT_SECONDS:
        return Launch.TOO_LATE
    if in_flight >= max_in_flight:
        return Launch.AT_THE_CAP
    return Launch.SEND


@dataclass(frozen=True, slots=True)
class Rotation:
    """Deals requests over URLs and modes so that each pair of them comes round in turn."""

    targets: tuple[ProbeTarget, ...]
    modes: tuple[Mode, ...]

    def turn(self, index: int) -> tuple[ProbeTarget, Mode]:
        """The target and the mode of request `index`."""
        target = self.targets[index % len(self.targets)]
        return target, self.modes[index // len(self.targets) % len(self.modes)]
