"""What a process that probes needs of its machine: an event loop, sockets, a stream to write to."""

from __future__ import annotations

import asyncio
import importlib.util
import queue
import resource
import threading
from collections.abc import Callable
from typing import TextIO

from probe.fault import OptionsError
from rollout.problem import Problem

MAX_WAITING = 10_000


class BackgroundWriter:
    """A stream that takes lines at once; lines beyond `MAX_WAITING` unread ones are dropped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.dropped = 0
        """Lines that no reader took in time."""
        self.error: str | None = None
        """Why the stream can be written no more, such as a reader that has gone."""
        self._thread = threading.Thread(target=self._write_all, name="writer", daemon=True)
        self._thread.start()

    def write_line(self, text: str) -> None:
        """Hand a line over."""
        if self._lines.qsize() >= MAX_WAITING:
            self.dropped += 1
        else:
            self._lines.put(text)

    def close(self, last: str | None = None) -> None:
        """Write what is waiting, and `last` however much that is, and end."""
        if last is not None:
            self._lines.put(last)
        self._lines.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        while (line := self._lines.get()) is not None:
            if self.error is not None:
                continue
            try:
                self._stream.write(line + "\n")
                if self._lines.empty():
                    self._stream.flush()
            except OSError as error:
                self.error = error.strerror or str(error)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the loop; asyncio's own does the same, with timers that round up to 1 ms."""
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop


OTHER_FILES = 64
"""Standard streams, the record, the event loop, libraries."""


def raise_file_limit(max_in_flight: int, kept: int) -> None:
    """Allow as many open files as the run may need at once.

    Raises:
        OptionsError: the hard limit is below that.
    """
    needed = max_in_flight + kept + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            allowed = max(hard - kept - OTHER_FILES, 1)
            problem = Problem(
                "--max-in-flight",
                str(max_in_flight),
                f"at most {allowed}, since this process may open no more than {hard} files",
                f"--max-in-flight {allowed}, or a higher `ulimit -Hn`",
            )
            raise OptionsError((problem,))
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
