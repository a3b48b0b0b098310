"""The record on disk: lines appended as they come, and read back, a torn last one included."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from probe.fault import RecordError
from probe.record.line import SCHEMA, Line, RunLine, line_from_dict, line_to_dict

MAX_UNWRITTEN_BYTES = 64 << 10

_to_json = json.JSONEncoder(separators=(",", ":")).encode


def encoded(line: Line) -> bytes:
    """The line as JSON, with its newline."""
    return _to_json(line_to_dict(line)).encode() + b"\n"


class LogFile:
    """A file that is only appended to; what `flush` has returned from survives a kill -9."""

    def __init__(self, path: Path) -> None:
        """Create the file, which must not be there yet, in a folder that may not be there yet.

        Raises:
            RecordError: it cannot be created.
        """
        self.path = path
        self.error: str | None = None
        """Why the record stopped; what was flushed before is whole, but for a torn last line."""
        self._unwritten = bytearray()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, 0o644)
        except OSError as error:
            raise RecordError(f"cannot create {path}: {error.strerror}") from error

    def append(self, data: bytes) -> None:
        """Add to what the next flush writes; once the file has failed, to nothing."""
        if self.error is not None:
            return
        self._unwritten += data
        if len(self._unwritten) > MAX_UNWRITTEN_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is unwritten; a failure is kept in `error`, since probing goes on."""
        while self._unwritten and self.error is None:
            try:
                written = os.write(self._descriptor, self._unwritten)
            except OSError as error:
                self.error = f"cannot write {self.path}: {error.strerror}"
            else:
                del self._unwritten[:written]

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        os.close(self._descriptor)


class RecordReader:
    """Iterates over the lines of a record file; afterwards has what was wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.torn_bytes = 0
        """Of a last line without its end: the prober was killed while it wrote."""
        self.lines = 0

    def __iter__(self) -> Iterator[Line]:
        """Yield each whole line.

        Raises:
            RecordError: no such file, another format, or a broken line before the last.
        """
        self.torn_bytes = self.lines = 0
        try:
            with self._path.open("rb") as file:
                for raw in file:
                    if not raw.endswith(b"\n"):
                        self.torn_bytes = len(raw)
                        return
                    self.lines += 1
                    yield self._parsed(raw)
        except OSError as error:
            raise RecordError(f"cannot read {self._path}: {error.strerror}") from error

    def _parsed(self, raw: bytes) -> Line:
        try:
            line = line_from_dict(json.loads(raw))
        except (ValueError, AttributeError) as error:
            raise RecordError(
                f"{self._path} line {self.lines} is not a record line: {error}"
            ) from error
        if (self.lines == 1) != isinstance(line, RunLine):
            raise RecordError(f"{self._path} line {self.lines}: a record begins with its run line")
        if isinstance(line, RunLine) and line.schema != SCHEMA:
            raise RecordError(f"{self._path} is {line.schema!r}; this version reads {SCHEMA!r}")
        return line
