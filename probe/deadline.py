"""A request's deadline, put off by as long as the prober itself stalled."""

from __future__ import annotations

import asyncio
from types import TracebackType

from probe.clock import ProbeClock
from probe.stall import StallWatch

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
        """Begin the whole time anew, `delay_s` seconds from now."""
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
