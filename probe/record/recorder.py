"""Writes the lines of a run to its log folder, as JSON lines or as the log of a shell loop.

The loop is `curl -o - -I URL >> testlog.log; sleep INT`, which this prober replaces: one block of
answer headers after the other, each ended by an empty line, and four lines at the end. Its format
is for those who search it with grep.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from probe.fault import RecordError
from probe.record.file import LogFile, encoded
from probe.record.line import EndLine, Line, RequestLine, RunLine

FILE_NAME = "testlog.log"

REDACTED = "[not recorded]"

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


def opened_recorder(
    folder: Path, log_format: str, secret_names: frozenset[str], now_s: float
) -> Recorder:
    """A recorder into a new file of a folder.

    Args:
        folder: Is made if it is not there.
        log_format: `jsonl` or `curl`.
        secret_names: Headers whose values are not written, in lower case.
        now_s: Unix seconds; with the process id it names the file.

    Raises:
        RecordError: the file cannot be made.
    """
    if log_format == "curl":
        path = folder / FILE_NAME
        put_aside(path)
        return Recorder(LogFile(path), CurlFormat(secret_names).encoded)
    started = datetime.fromtimestamp(now_s, UTC)
    path = folder / f"probe-{started:%Y%m%dT%H%M%SZ}-{os.getpid()}.jsonl"
    return Recorder(LogFile(path), lambda line, _: encoded(line))


def head_block(line: RequestLine, head: bytes, secret_names: frozenset[str]) -> str:
    """One request in the log; where curl wrote nothing, a line that grep can find."""
    text = redacted_head(head, secret_names) + "\n" if head else ""
    if line.error is not None and (not head or not line.answered):
        detail = f": {line.detail}" if line.detail else ""
        text += f"failover-probe: {line.error} in phase {line.phase}{detail}\n"
    return text + "\n"


def redacted_head(head: bytes, secret_names: frozenset[str]) -> str:
    """An answer's status line and headers for people, without the values of secret ones."""
    status_line, *lines = head.decode("latin-1").split("\r\n")
    shown = [status_line]
    for line in lines:
        name = line.partition(":")[0]
        shown.append(f"{name}: {REDACTED}" if name.lower() in secret_names else line)
    return "\n".join(shown)


def end_block(run: RunLine, end: EndLine) -> str:
    """What the loop's trap wrote when it was stopped."""
    return (
        f"\nSTART: {_date(run.started_s)}\nEND: {_date(end.ended_s)}\n"
        f"URL: {' '.join(run.urls)}\nINT: {1 / run.rate_per_s:g}\n"
    )


def put_aside(path: Path) -> None:
    """Rename the log of an earlier run after its time; the loop removed it.

    Raises:
        RecordError: it cannot be renamed.
    """
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        aside = path.with_name(f"{path.stem}-{modified:%Y%m%dT%H%M%S.%f}{path.suffix}")
        path.rename(aside)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordError(f"cannot put the earlier {path} aside: {error.strerror}") from error


class CurlFormat:
    """Turns lines of the record into text of the log."""

    def __init__(self, secret_names: frozenset[str]) -> None:
        self._secret_names = secret_names
        self._run: RunLine | None = None

    def encoded(self, line: Line, head: bytes) -> bytes:
        """The text of a line; empty for what the loop did not know."""
        match line:
            case RequestLine():
                return head_block(line, head, self._secret_names).encode()
            case RunLine():
                self._run = line
            case EndLine() if self._run is not None:
                return end_block(self._run, line).encode()
            case _:
                pass
        return b""


def _date(unix_s: float) -> str:
    return f"{datetime.fromtimestamp(unix_s).astimezone():%a %b %e %H:%M:%S %Z %Y}"
