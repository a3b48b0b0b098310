"""The prober's own stalls, found by a heartbeat that no target can delay.

The heartbeat runs in the same process as the requests and asks for nothing but its turn. When its
turn comes late, the process did not run (stopped, starved, swapped), so whatever was in flight is
late by that much through no fault of the target, and its deadline is put off by as long.
"""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from probe.fault import NOT_THE_TARGETS, RequestFault
from probe.timing.clock import ProbeClock

BEAT_SECONDS = 0.01
"""How often the heartbeat asks for its turn."""

THRESHOLD_SECONDS = 0.05
"""A turn that comes later than this is a stall; a shorter delay shows in the schedule error."""

_BROKEN = frozenset(
    {
        RequestFault.CONNECT_FAILED,
        RequestFault.TLS_FAILED,
        RequestFault.KEPT_ALIVE_CLOSED,
        RequestFault.CLOSED_BEFORE_RESPONSE,
        RequestFault.RESET_BEFORE_RESPONSE,
        RequestFault.RESET_IN_BODY,
        RequestFault.BODY_CUT,
        RequestFault.WEBSOCKET_CLOSED,
    }
)
"""What a peer does to a client that has fallen silent."""

_NO_NETWORK = _BROKEN | {
    RequestFault.DNS_FAILURE,
    RequestFault.CONNECT_UNREACHABLE,
    RequestFault.CONNECT_TIMEOUT,
    RequestFault.TLS_TIMEOUT,
    RequestFault.RESPONSE_TIMEOUT,
    RequestFault.BODY_TIMEOUT,
    RequestFault.WEBSOCKET_TIMEOUT,
}
"""What a machine sees whose network is not back yet."""


class StallKind(enum.StrEnum):
    """What kept the prober from running."""

    PAUSED = "paused"
    """The process had no turn: SIGSTOP, a starved or swapping machine, our own slowness."""
    ASLEEP = "asleep"
    """The machine was suspended."""


AFTERMATH_SECONDS = {StallKind.PAUSED: 1.0, StallKind.ASLEEP: 10.0}
"""How long after a stall a broken connection is still put down to it: a server gives up on a client
that is silent, and a laptop's network comes back some seconds after the laptop."""


@dataclass(frozen=True, slots=True)
class Stall:
    """A time in which the prober did not run; monotonic seconds."""

    kind: StallKind
    start_s: float
    end_s: float
    lost_s: float
    """How long it was; for a sleeping machine this is longer than the monotonic clock shows."""

    def lost_within(self, since_s: float, until_s: float) -> float:
        """How many seconds of it fall between two monotonic times."""
        overlap_s = min(self.end_s, until_s) - max(self.start_s, since_s)
        if overlap_s < 0:
            return 0.0
        return self.lost_s if self.kind is StallKind.ASLEEP else overlap_s

    def excuses(self, fault: RequestFault, since_s: float, until_s: float) -> bool:
        """True if a request that lived between two monotonic times may have failed through it.

        An answer is never excused: no stall of ours makes a server answer 502. Nor is a refused
        connection, nor, after a pause, a timeout: deadlines are put off by as long as we stalled,
        so the target had its whole time.
        """
        in_aftermath = self.start_s <= until_s <= self.end_s + AFTERMATH_SECONDS[self.kind]
        if self.kind is StallKind.ASLEEP:
            return fault in _NO_NETWORK and in_aftermath
        return fault in _BROKEN and in_aftermath and since_s <= self.end_s


class StallWatch:
    """Finds stalls from heartbeats, and decides what a stall does to a request.

    `beat` is called by a ticker and also before every judgement, because after a stall the first
    thing to run may be a request's answer rather than the ticker.
    """

    def __init__(
        self, clock: ProbeClock, on_stall: Callable[[Stall], None], *, kept: int = 256
    ) -> None:
        """Start to watch now.

        Args:
            clock: the machine's clocks.
            on_stall: called with each stall when it is over.
            kept: how many stalls are remembered for the requests still in flight.
        """
        self._clock = clock
        self._on_stall = on_stall
        self._last_s = clock.monotonic()
        self._last_boot_s = clock.since_boot()
        self._recent: deque[Stall] = deque(maxlen=kept)

    def beat(self) -> None:
        """Take a turn, and report the stall before it, if there was one."""
        now_s, boot_s = self._clock.monotonic(), self._clock.since_boot()
        ran_s = now_s - self._last_s
        slept_s = (boot_s - self._last_boot_s) - ran_s
        self._last_s, self._last_boot_s = now_s, boot_s
        late_s = ran_s - BEAT_SECONDS
        if slept_s > THRESHOLD_SECONDS:
            seen_s = max(late_s, 0.0)
            stall = Stall(StallKind.ASLEEP, now_s - seen_s, now_s, slept_s + seen_s)
        elif late_s > THRESHOLD_SECONDS:
            stall = Stall(StallKind.PAUSED, now_s - late_s, now_s, late_s)
        else:
            return
        self._recent.append(stall)
        self._on_stall(stall)

    def lost_seconds(self, since_s: float, until_s: float) -> float:
        """How long the prober stalled between two monotonic times."""
        if not self._recent or self._recent[-1].end_s < since_s:
            return 0.0
        return sum(stall.lost_within(since_s, until_s) for stall in self._recent)

    def excuses(self, fault: RequestFault, since_s: float, until_s: float) -> bool:
        """True if a failure between two monotonic times is to be put down to the prober."""
        if fault in NOT_THE_TARGETS:
            return True
        return any(stall.excuses(fault, since_s, until_s) for stall in self._recent)


_SLACK_SECONDS = 0.001


class Deadline:
    """Ends the body of an `async with` by `TimeoutError` once the target had its whole time.

    `asyncio.timeout` would end it by the clock alone: after a stall its timer comes first, and an
    answer that has long arrived would be thrown away and called a timeout.
    """

    def __init__(self, clock: ProbeClock, watch: StallWatch, timeout_s: float) -> None:
        """Allow `timeout_s` seconds in which the prober ran."""
        self._clock = clock
        self._watch = watch
        self._timeout_s = timeout_s
        self._begun_s = clock.monotonic()
        self._is_expired = False
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Deadline:
        self._task = asyncio.current_task()
        self.extend()
        return self

    def extend(self, delay_s: float = 0.0) -> None:
        """Restart the whole time, `delay_s` seconds from now."""
        self._begun_s = self._clock.monotonic() + delay_s
        self._schedule(self._timeout_s + delay_s)

    async def __aexit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._is_expired and self._task is not None:
            is_ours_alone = self._task.uncancel() == 0
            if is_ours_alone and error_class is asyncio.CancelledError:
                raise TimeoutError from error

    def _schedule(self, delay_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._check)

    def _check(self) -> None:
        self._watch.beat()
        now_s = self._clock.monotonic()
        ran_s = now_s - self._begun_s - self._watch.lost_seconds(self._begun_s, now_s)
        left_s = self._timeout_s - ran_s
        if left_s > _SLACK_SECONDS:
            self._schedule(left_s)
        elif self._task is not None:
            self._is_expired = True
            self._task.cancel()
