"""Writes text from a thread of its own, so that a slow reader cannot stop the prober."""

from __future__ import annotations

import queue
import threading
from typing import TextIO

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
