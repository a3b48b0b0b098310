"""The log of the shell loop that this prober replaces, for those who search it with grep.

The loop is `curl -o - -I URL >> testlog.log; sleep INT`: one block of answer headers after the
other, each ended by an empty line, and four lines at the end.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from probe.errors import RecordError
from probe.header import redacted_head
from probe.record import EndLine, Line, RequestLine, RunLine

FILE_NAME = "testlog.log"


def head_block(line: RequestLine, head: bytes, secret_names: frozenset[str]) -> str:
    """What the log says of one request; where curl wrote nothing, a line that grep can find."""
    text = redacted_head(head, secret_names) + "\n" if head else ""
    if line.error is not None and (not head or not line.answered):
        detail = f": {line.detail}" if line.detail else ""
        text += f"failover-probe: {line.error} in phase {line.phase}{detail}\n"
    return text + "\n"


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
