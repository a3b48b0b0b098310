"""The traffic as the driver and the gates see it: the newest answers, by service."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ops.traffic.answer import SlotAnswer, SlotStream, answer_from, users_by_slot
from ops.traffic.plan import NO_SLOT_HEADER, TrafficPlan
from probe.process.child import ProberChild
from rollout.split import Slot

KEPT_SECONDS = 900.0
"""So far back answers are kept; the record has all of them."""

OUT_OF_ORDER_SECONDS = 10.0
"""No answer comes so long after one that ended later."""

SIGNED_SECONDS = 60.0
"""How much earlier answers are read as well, to recognise a slot that does not sign."""

END_SECONDS = 10.0
"""How long the process may take to write the end of its records."""

OnAnswers = Callable[[Sequence[SlotAnswer]], None]
"""Gets what ended, twice a second, in a thread of its own."""


class Traffic:
    """Starts the process at once; `close` ends it, and so does the end of this process."""

    def __init__(self, plan: TrafficPlan) -> None:
        """Start to send.

        Raises:
            OSError: the folder cannot be made, or no process started.
        """
        plan.folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._answers: deque[SlotAnswer] = deque()
        self._stalls: deque[tuple[float, float]] = deque()
        self._listeners: list[OnAnswers] = []
        self._record_error: str | None = None
        self._names_slots = plan.slot_header != NO_SLOT_HEADER
        with (plan.folder / "prober.log").open("a") as log:
            self._prober = ProberChild("ops.traffic", (), log, self._take)
        self._prober.write_line(plan.text())

    @property
    def is_alive(self) -> bool:
        """Whether requests are still being sent."""
        return self._prober.exit_code is None

    @property
    def names_slots(self) -> bool:
        """Whether the config names a header by which answers name their slot."""
        return self._names_slots

    @property
    def record_error(self) -> str | None:
        """Why the record is not whole; None while it is."""
        return self._record_error

    def subscribe(self, listener: OnAnswers) -> None:
        """Call `listener` with every batch from now on."""
        with self._lock:
            self._listeners.append(listener)

    def answers(self, since_s: float, stream: SlotStream | None = None) -> list[SlotAnswer]:
        """What ended since then, in the order of the ends; Unix seconds."""
        newest: list[SlotAnswer] = []
        with self._lock:
            for each in reversed(self._answers):
                if each.ended_s < since_s - OUT_OF_ORDER_SECONDS:
                    break
                newest.append(each)
        return [
            each
            for each in reversed(newest)
            if each.ended_s >= since_s and (stream is None or each.stream is stream)
        ]

    def slots_that_answered(self, service: str, since_s: float) -> list[Slot]:
        """Who answered the users' requests of a service that left since then, oldest first."""
        drawn = users_by_slot(self.answers(since_s - SIGNED_SECONDS), service)
        newest = sorted(drawn, key=lambda each: each[0].sent_s)
        return [slot for answer, slot in newest if answer.sent_s >= since_s]

    def stalled_seconds(self, since_s: float) -> float:
        """How long the prober itself did not run since then."""
        with self._lock:
            return united_seconds(self._stalls, since_s)

    def close(self) -> None:
        """End it, and wait until its records are whole; idempotent."""
        self._prober.end(END_SECONDS)

    def _take(self, report: dict[str, Any]) -> None:
        answers = [answer_from(row) for row in report["answers"]]
        with self._lock:
            self._record_error = report["record_error"] or self._record_error
            self._answers.extend(answers)
            self._stalls.extend((start_s, end_s) for start_s, end_s in report["stalls"])
            oldest_s = time.time() - KEPT_SECONDS
            while self._answers and self._answers[0].ended_s < oldest_s:
                self._answers.popleft()
            while self._stalls and self._stalls[0][1] < oldest_s:
                self._stalls.popleft()
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(answers)


def united_seconds(stalls: Iterable[tuple[float, float]], since_s: float) -> float:
    """The seconds after `since_s` in any of the stalls, each from when to when in Unix seconds.

    A second counts once: the streams share a process, so that each of them reports every stall.
    """
    total_s, until_s = 0.0, since_s
    for start_s, end_s in sorted(stalls):
        total_s += max(0.0, end_s - max(start_s, until_s))
        until_s = max(until_s, end_s)
    return total_s
