"""Asks something that takes a while, again and again, so that a gate's answer is always at hand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look(Generic[T]):
    """What was found at one time: a value, or why there is none."""

    value: T | None
    error: str | None
    began_at: datetime
    ended_at: datetime

    def age_seconds(self, now: datetime) -> float:
        """How long ago it ended."""
        return (now - self.ended_at).total_seconds()


class Repeated(Generic[T]):
    """Looks in a thread of its own, from the first `restart` on."""

    def __init__(
        self,
        look: Callable[[], T],
        every_seconds: float,
        expected: tuple[type[Exception], ...],
        now: Callable[[], datetime],
        name: str,
        is_final: Callable[[T], bool] = lambda _: False,
    ) -> None:
        """Be ready.

        Args:
            look: Finds the value; takes as long as it takes.
            every_seconds: From the end of one look to the beginning of the next.
            expected: Errors of `look` that are an answer: nothing is known. Any other is a defect
                and is raised where the look is read.
            now: The time of day, in UTC.
            name: Of the thread.
            is_final: Whether a value needs no further look until the next restart.
        """
        self._look = look
        self._every_seconds = every_seconds
        self._expected = expected
        self._now = now
        self._name = name
        self._is_final = is_final
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._looks: list[Look[T]] = []
        self._defect: BaseException | None = None
        self._is_closed = False
        self._generation = 0
        self._thread: threading.Thread | None = None

    def restart(self) -> None:
        """Forget what was found, and look at once."""
        with self._lock:
            self._generation += 1
            self._looks.clear()
            self._wake.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    @property
    def looks(self) -> list[Look[T]]:
        """What was found since the restart, by looks that began after it; oldest first.

        Raises:
            BaseException: what a look raised that nobody expected of it.
        """
        if self._defect is not None:
            raise self._defect
        with self._lock:
            return list(self._looks)

    @property
    def newest(self) -> Look[T] | None:
        """The newest look; None before the first has ended."""
        looks = self.looks
        return looks[-1] if looks else None

    def close(self) -> None:
        """Look no more; a look that is under way ends by itself, and nothing waits for it."""
        self._is_closed = True
        self._wake.set()

    def _run(self) -> None:
        while True:
            with self._lock:
                self._wake.clear()
                generation = self._generation
            if self._is_closed:
                return
            began_at = self._now()
            try:
                found = self._found(began_at)
            except BaseException as error:
                self._defect = error
                raise
            with self._lock:
                if generation == self._generation:
                    self._looks.append(found)
                    del self._looks[:-_KEPT]
            is_final = found.value is not None and self._is_final(found.value)
            self._wake.wait(None if is_final else self._every_seconds)

    def _found(self, began_at: datetime) -> Look[T]:
        value, told = None, None
        try:
            value = self._look()
        except self._expected as error:
            told = str(error)
        # A clock that is set back meanwhile must not make it end before it began.
        return Look(value, told, began_at, max(began_at, self._now()))


_KEPT = 20
"""Looks that are kept: the newest, and what came before it."""
