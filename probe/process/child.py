"""A prober as a process of its own, as the program that started it sees it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

OnReport = Callable[[dict[str, Any]], None]
"""Gets each line that the prober writes, in a thread of its own."""


class ProberChild:
    """Sends requests from the start on, and ends with its input, so it never outlives its parent.

    It has a session of its own: Ctrl-C in a terminal reaches the parent, which decides when the
    prober ends.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        errors: IO[Any],
        on_report: OnReport,
        on_end: Callable[[], None] = lambda: None,
        *,
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            module: The Python module that is run.
            arguments: Of its command line.
            errors: An open file that takes its standard error.
            on_report: Gets each line of its standard output, which is a JSON object.
            on_end: Is called once, after the last line.
            folder: In which it runs; None: this process's.
            environ: Its environment; None: this process's.

        Raises:
            OSError: No process started.
        """
        self._on_report = on_report
        self._on_end = on_end
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=folder,
            env=environ,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read_all, name="prober", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def write_line(self, text: str) -> None:
        """Write a line to its standard input.

        Raises:
            BrokenPipeError: it has ended.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n")
        self._process.stdin.flush()

    def end(self, seconds: float | None = None) -> None:
        """End it, and return when its last line was handled; idempotent.

        Args:
            seconds: After which it is killed; None: wait for as long as it takes.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it may have ended by itself
            self._process.stdin.close()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _read_all(self) -> None:
        assert self._process.stdout is not None
        try:
            with self._process.stdout as lines:
                for line in lines:
                    if line.endswith("\n"):  # a prober that is killed may leave half a line
                        self._on_report(json.loads(line))
            self._process.wait()
        finally:
            self._on_end()
