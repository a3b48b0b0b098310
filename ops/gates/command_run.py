"""One run of a team's own command: it ends, or is ended, with all that it started."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

KEPT_BYTES = 4096
"""Of the end of what it writes: the rest is read, so that it can go on, and forgotten."""

LAST_WORDS_SECONDS = 1.0
"""For what it wrote last to be read, where something that left its group keeps its output open."""

_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0e-\x1f\x7f-\x9f]")


class CommandRun:
    """A command in a session and group of its own, so that it can be ended as a whole."""

    def __init__(self, command: Sequence[str], folder: Path, given: str) -> None:
        """Start it with `given` on its standard input, which it need not read.

        Raises:
            OSError: it cannot be run.
        """
        self._lock = threading.Lock()
        self._is_over = False
        self._written = b""
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="command", daemon=True)
        self._reader.start()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(given.encode())
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def wait(self, timeout_seconds: float) -> int | None:
        """Its exit code, below 0 for the signal that ended it; None where it took too long.

        In either case nothing of its group is left then. What it started may hold its output open
        for as long as it likes: the command is over when its own process is.
        """
        try:
            exit_code = self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            exit_code = None
        with self._lock:
            self._kill()
            self._is_over = True
        self._process.wait()
        self._reader.join(LAST_WORDS_SECONDS)
        return exit_code

    def end(self) -> None:
        """End it with all of its group, where it has not ended; `wait` returns then."""
        with self._lock:
            if not self._is_over:
                self._kill()

    @property
    def last_line(self) -> str:
        """The last line that it wrote and that is not blank, without colours; empty for none."""
        text = _CONTROL.sub("", self._written.decode(errors="replace"))
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def _kill(self) -> None:
        # A group whose members have all ended is no more, or, elsewhere than on Linux, not ours.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            while chunk := os.read(stdout.fileno(), 1 << 16):
                self._written = (self._written + chunk)[-KEPT_BYTES:]
