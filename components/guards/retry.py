"""Retries while AWS throttles, or does not answer for a moment."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from components.guards.engine_log import NoticeLog
from live.errors import TRANSIENT
from rollout.notice import ALL_SERVICES, UNREADABLE, Notice, NoticeKind

RETRY_SECONDS = 30.0
"""How long a transient error is retried."""

_PAUSE_SECONDS = 1.0
_REPORT_SECONDS = 10.0
"""The time between two reports of one retry."""

T = TypeVar("T")


class Retry:
    """Repeats a read after a transient error, and reports it."""

    def __init__(self, seconds: float, log: NoticeLog, interrupted: threading.Event) -> None:
        """Set the limits.

        Args:
            seconds: How long to retry; 0 reads once.
            log: Where a retry is reported.
            interrupted: Ends the retries once it is set.
        """
        self._seconds = seconds
        self._log = log
        self._interrupted = interrupted

    def ask(self, read: Callable[[], T]) -> T:
        """What `read` returns.

        Raises:
            LiveError: AWS could not be read within the limit.
        """
        deadline = time.monotonic() + self._seconds
        reported_at = -math.inf
        while True:
            try:
                return read()
            except TRANSIENT as error:
                left_seconds = deadline - time.monotonic()
                if left_seconds <= 0 or self._interrupted.is_set():
                    raise
                if time.monotonic() - reported_at >= _REPORT_SECONDS:
                    reported_at = time.monotonic()
                    text = f"{error}; retrying for {left_seconds:.0f} s"
                    self._log.report(Notice(NoticeKind.WAITING, ALL_SERVICES, UNREADABLE, text))
                self._interrupted.wait(min(_PAUSE_SECONDS, left_seconds))
