"""Writes the lines of a run to its log folder, in the format that was asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

from probe.curl_log import FILE_NAME, CurlFormat, put_aside
from probe.options import Options
from probe.record import Line
from probe.record_file import LogFile, encoded

Encode = Callable[[Line, bytes], bytes]


class Recorder:
    """An open log and how lines become bytes of it."""

    def __init__(self, log: LogFile, encode: Encode) -> None:
        self.log = log
        self._encode = encode

    @property
    def path(self) -> str:
        """The file, as a person would name it."""
        return str(self.log.path)

    @property
    def error(self) -> str | None:
        """Why the record is not whole, if it is not."""
        return self.log.error

    def add(self, line: Line, head: bytes) -> None:
        """Take a line; it is on its way to the disk with the next flush."""
        self.log.append(self._encode(line, head))


def opened_recorder(options: Options, now_s: float) -> Recorder | None:
    """The recorder that the options ask for; None if they ask for none.

    Args:
        options: of the run.
        now_s: Unix seconds; with the process id it names the file.

    Raises:
        RecordError: the file cannot be made.
    """
    folder = options.log_dir
    if folder is None:
        return None
    if options.log_format == "curl":
        path = folder / FILE_NAME
        put_aside(path)
        return Recorder(LogFile(path), CurlFormat(options.secret_names).encoded)
    started = datetime.fromtimestamp(now_s, UTC)
    path = folder / f"probe-{started:%Y%m%dT%H%M%SZ}-{os.getpid()}.jsonl"
    return Recorder(LogFile(path), lambda line, _: encoded(line))
