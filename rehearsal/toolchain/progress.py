"""What `make setup` prints while it works, and the error that it ends with."""

from __future__ import annotations

import sys
import time

LINE_EVERY_SECONDS = 15.0
"""How often a long step prints where it is when the output is not a terminal."""


class SetupError(Exception):
    """A step failed; the text names the step, the reason and the fix."""


class SetupProgress:
    """Lines on standard error, prefixed `setup:`; on a terminal the running line is rewritten."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._running = False
        self._last_line_at = 0.0

    def say(self, text: str) -> None:
        """A line that stays."""
        if self._running:
            sys.stderr.write("\r\x1b[K")
            self._running = False
        sys.stderr.write(f"setup: {text}\n")
        sys.stderr.flush()

    def running(self, text: str) -> None:
        """Where a long step is; may be called as often as there is news."""
        now = time.monotonic()
        if self._terminal:
            sys.stderr.write(f"\r\x1b[Ksetup: {text}")
            self._running = True
        elif now - self._last_line_at >= LINE_EVERY_SECONDS:
            sys.stderr.write(f"setup: {text}\n")
            self._last_line_at = now
        sys.stderr.flush()


def duration(seconds: float) -> str:
    """`"4.2 s"` or `"3 min 20 s"`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"
