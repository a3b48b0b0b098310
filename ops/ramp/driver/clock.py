"""The system's time, and a person's request to stop, which ends a wait at once."""

from __future__ import annotations

import queue
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import FrameType


class SystemRampClock:
    """Real time; a wait ends early when a person asks to stop."""

    def __init__(self) -> None:
        # What a signal handler may put into while the very wait that it interrupts holds it, which
        # an Event is not: its lock is taken once. Source: Python library reference, SimpleQueue.
        self._nudges: queue.SimpleQueue[None] = queue.SimpleQueue()

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let time pass, or return at once after a signal."""
        with suppress(queue.Empty):
            self._nudges.get(timeout=seconds)

    def nudge(self) -> None:
        """End the wait that goes on, or the next one."""
        self._nudges.put(None)


class Signals:
    """Counts the requests to stop.

    A SIGINT is one, and so is the SIGHUP of a terminal that is gone, unless it is ignored, as under
    `nohup`; a SIGTERM counts as two.
    """

    def __init__(self, clock: SystemRampClock) -> None:
        self._clock = clock
        self.asked = 0
        self.by = ""

    @contextmanager
    def caught(self) -> Generator[None]:
        """Take these signals as a request to stop, as long as the block runs."""
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = [signal.signal(number, self._take) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self.asked += 2 if number == signal.SIGTERM else 1
        self.by = signal.Signals(number).name
        self._clock.nudge()
