"""Reads something that takes a while, again and again, so that a gate always has an answer."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from ops.gates.gate import StageMark
from rollout.verdict import EvidenceWindow, Outcome, Verdict

T = TypeVar("T")

_KEPT = 20
"""Looks that are kept: the newest, and what came before it."""


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
        """Look at nothing yet.

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
            BaseException: an unexpected error of a look.
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
        value, failure = None, None
        try:
            value = self._look()
        except self._expected as error:
            failure = str(error)
        # A clock that is set back meanwhile must not make it end before it began.
        return Look(value, failure, began_at, max(began_at, self._now()))


@dataclass(frozen=True, slots=True)
class LookLimits:
    """When a look is not evidence, and the words for it."""

    stale_seconds: float
    """A look that is older is not evidence for the stage as it is now."""
    nothing_yet: str
    """Before the first look has ended."""
    unreadable: str = ""
    """What could not be read; the error follows."""
    stale: str = ""
    """With `{age}` for the seconds since the newest look."""


class RepeatedGate(ABC, Generic[T]):
    """Inconclusive while it has read nothing, cannot read, or read too long ago."""

    def __init__(
        self, name: str, looks: Repeated[T], limits: LookLimits, now: Callable[[], datetime]
    ) -> None:
        self._name = name
        self._looks = looks
        self._limits = limits
        self._now = now
        self._stage: StageMark | None = None

    @property
    def name(self) -> str:
        """As the config spells it."""
        return self._name

    def begin(self, stage: StageMark) -> None:
        """Judge by what is read from now on."""
        self._stage = stage
        self._looks.restart()

    def judge(self) -> Verdict:
        """By the newest look."""
        stage, looks = self._stage, self._looks.looks
        if stage is None or not looks:
            return Verdict(self._name, Outcome.INCONCLUSIVE, self._limits.nothing_yet)
        newest, now = looks[-1], self._now().astimezone(UTC)
        window = self._window(stage, looks, now)
        if newest.value is None:
            return self._inconclusive(f"{self._limits.unreadable}: {newest.error}", window)
        age_s = newest.age_seconds(now)
        if age_s > self._limits.stale_seconds:
            return self._inconclusive(self._limits.stale.format(age=f"{age_s:.0f}"), window)
        return self._judged(newest.value, stage, window)

    def close(self) -> None:
        """Read no more."""
        self._looks.close()

    def _inconclusive(self, reason: str, window: EvidenceWindow) -> Verdict:
        return Verdict(self._name, Outcome.INCONCLUSIVE, reason, window=window)

    def _window(self, stage: StageMark, looks: list[Look[T]], now: datetime) -> EvidenceWindow:
        """What the verdict rests on: by default the time since the newest look began."""
        began_at = looks[-1].began_at
        return EvidenceWindow(began_at, max(now, began_at))

    @abstractmethod
    def _judged(self, value: T, stage: StageMark, window: EvidenceWindow) -> Verdict:
        """The verdict by the newest look."""
