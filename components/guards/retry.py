"""Retry with an AWS that throttles, or that is not there for a moment."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from components.guards.engine_log import NoticeLog
from live.errors import PASSING
from rollout.notice import ALL_SERVICES, UNSEEN, Notice, NoticeKind

RETRY_SECONDS = 30.0
"""How long an AWS that is throttling or not there is asked again."""

_PAUSE_SECONDS = 1.0
_REPEAT_SECONDS = 10.0
"""How often it is said that AWS is asked again."""

T = TypeVar("T")


class Retry:
    """Asks AWS again where it may answer a moment later, and says so."""

    def __init__(self, seconds: float, voice: NoticeLog, interrupted: threading.Event) -> None:
        """Be ready.

        Args:
            seconds: How long to go on asking; 0 asks once.
            voice: Where it is said.
            interrupted: Ends all waiting once it is set.
        """
        self._seconds = seconds
        self._voice = voice
        self._interrupted = interrupted

    def ask(self, read: Callable[[], T]) -> T:
        """What `read` reads.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        deadline = time.monotonic() + self._seconds
        said_at = -math.inf
        while True:
            try:
                return read()
            except PASSING as error:
                left_seconds = deadline - time.monotonic()
                if left_seconds <= 0 or self._interrupted.is_set():
                    raise
                if time.monotonic() - said_at >= _REPEAT_SECONDS:
                    said_at = time.monotonic()
                    text = f"{error}; asking again for {left_seconds:.0f} s"
                    self._voice.say(Notice(NoticeKind.WAITING, ALL_SERVICES, UNSEEN, text))
                self._interrupted.wait(min(_PAUSE_SECONDS, left_seconds))
