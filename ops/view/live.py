"""The view on a terminal, drawn by a thread of its own so that the driver never waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.live import Live

from ops.traffic.answer import SlotAnswer
from ops.view.drawing import drawn
from ops.view.state import KEPT_SECONDS, ViewState, counted
from rollout.entry import Entry
from rollout.verdict import Verdict

REFRESH_SECONDS = 0.5


class LiveView:
    """An observer of a ramp, and a listener of its traffic."""

    def __init__(self, console: Console | None = None) -> None:
        """Draw on standard output where no console is given; nothing before the first entry."""
        self._console = console or Console()
        self._state = ViewState()
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def saw(self, entry: Entry) -> None:
        """Show what happened; one of an earlier run of the same ramp as well."""
        with self._lock:
            self._state.saw(entry)
        if self._thread is None:
            self._thread = threading.Thread(target=self._draw, name="view", daemon=True)
            self._thread.start()

    def waits(self, what: str, seconds_left: float | None) -> None:
        """Show what is waited for."""
        with self._lock:
            self._state.waits(what, seconds_left)

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        """Show the current verdicts of the gates."""
        with self._lock:
            self._state.judged(verdicts)

    def answered(self, answers: Sequence[SlotAnswer]) -> None:
        """Show what the traffic meets; called in another thread."""
        with self._lock:
            counted(self._state.traffic, answers, KEPT_SECONDS)

    def close(self) -> None:
        """Leave the last state on the terminal, and what is too long for it below; idempotent."""
        if self._is_over.is_set():
            return
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
        if self._state.commit_to_make:
            self._console.print(self._state.commit_to_make, soft_wrap=True, markup=False)

    def _draw(self) -> None:
        with Live(console=self._console, auto_refresh=False) as live:
            while not self._is_over.wait(REFRESH_SECONDS):
                live.update(self._shown(), refresh=True)
            live.update(self._shown(), refresh=True)

    def _shown(self) -> RenderableType:
        with self._lock:
            width, height = self._console.size
            return drawn(self._state, time.time(), width, height)
