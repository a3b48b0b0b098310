"""The run on a terminal, drawn by a thread of its own.

Drawing takes milliseconds, and a request would leave late by as many if the run's thread did it.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from typing import Any

from rich.console import Console
from rich.live import Live

from probe.live_view import LiveState, live_view
from probe.options import Options
from probe.record import Line, RequestLine, RunLine
from probe.series import Series
from probe.summary import Summary
from probe.summary_document import summary_document

REFRESH_SECONDS = 0.5
KEPT_SECONDS = 240

_SWITCH_SECONDS = 0.0005
"""How long the drawing thread may hold the interpreter while a request is due; Python's own 5 ms
would show as schedule error."""


class LiveDisplay:
    """Draws the summary in place while it grows."""

    period_s = REFRESH_SECONDS

    def __init__(self, options: Options) -> None:
        """Begin to draw on standard error."""
        self._options = options
        self._series: Series | None = None
        self._notes: list[str] = []
        self._states: queue.SimpleQueue[LiveState | None] = queue.SimpleQueue()
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._thread = threading.Thread(target=self._draw_all, name="live view", daemon=True)
        self._thread.start()

    def line(self, line: Line) -> None:
        """Count a request into its second."""
        if isinstance(line, RunLine):
            self._series = Series(line.started_s, 1.0, kept=KEPT_SECONDS)
        elif isinstance(line, RequestLine) and self._series is not None:
            self._series.add(line)

    def refresh(self, summary: Summary, in_flight: int) -> None:
        """Hand the drawing thread what to draw, copied, since the run goes on meanwhile."""
        if self._series is None:
            return
        self._states.put(
            LiveState(
                document=summary_document(summary),
                elapsed_s=time.time() - summary.started_s,
                duration_s=self._options.duration_s,
                in_flight=in_flight,
                seconds={at: dict(b.kinds) for at, b in self._series.buckets.items()},
                notes=tuple(self._notes[-3:]),
            )
        )

    def note(self, text: str) -> None:
        """Show it below."""
        self._notes.append(text)

    def close(self, document: dict[str, Any]) -> None:  # noqa: ARG002  (of the protocol)
        """Take the view away; the summary is printed in its place."""
        self._states.put(None)
        self._thread.join()

    def _draw_all(self) -> None:
        console = Console(file=sys.stderr)
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while (state := self._states.get()) is not None:
                live.update(live_view(state, console.width), refresh=True)
