"""What a record file holds: one flat line per request, and lines for what happened around them.

Times are Unix seconds (`_s`), lengths milliseconds (`_ms`). The fields are described for users in
docs/probe.md, which a test compares with this module.
"""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from probe.fault import Phase, RequestFault

SCHEMA = "failover.probe.record/1"
"""Name and version of the format; the number grows when a reader of the old one would be wrong."""


class Mode(enum.StrEnum):
    """How a request uses connections, since each way finds faults that the others do not."""

    FRESH = "fresh"
    """A new connection for each request, as a shell loop with curl makes."""
    KEPT = "kept"
    """One of a few connections kept alive and used in turn, as browsers and proxies do."""
    LONG = "long"
    WEBSOCKET = "websocket"


class LineKind(enum.StrEnum):
    """A stream of requests to one URL that is judged by itself."""

    REQUESTS = "requests"
    """Those on the schedule, in whichever mode."""
    LONG = "long"
    WEBSOCKET = "websocket"


class RequestOutcome(enum.StrEnum):
    """What a request proves about the target."""

    OK = "ok"
    FAILED = "failed"
    EXCLUDED = "excluded"
    """Nothing: it was the prober that was late, short of something, or ended."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The requests of one kind to one URL; its windows and gaps are its own."""

    url: str
    kind: LineKind = LineKind.REQUESTS

    def __str__(self) -> str:
        return self.url if self.kind is LineKind.REQUESTS else f"{self.url} ({self.kind})"


@cache
def _stream(url: str, mode: Mode) -> Stream:
    return Stream(url, _KINDS[mode])


_KINDS = {
    Mode.FRESH: LineKind.REQUESTS,
    Mode.KEPT: LineKind.REQUESTS,
    Mode.LONG: LineKind.LONG,
    Mode.WEBSOCKET: LineKind.WEBSOCKET,
}


@dataclass(frozen=True, slots=True)
class RunLine:
    """The first line: what was asked for. Holds no header values."""

    kind: ClassVar[str] = "run"
    schema: str
    started_s: float
    urls: list[str]
    rate_per_s: float
    timeout_s: float
    method: str
    modes: list[str]
    expect: str
    allow_failures: int
    prober: str
    """Its User-Agent."""
    duration_s: float | None = None
    """None if it was to run until stopped."""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request, sent or not."""

    kind: ClassVar[str] = "request"
    seq: int
    """Counts from 0 in the order of the plan; long requests and WebSockets have their own count."""
    planned_s: float
    """When it was to leave; latency counts from here."""
    late_ms: float
    """How long after that it left, or was given up: the schedule error."""
    url: str
    mode: Mode
    method: str
    phase: Phase
    verdict: RequestOutcome
    latency_ms: float
    """From the planned time to the last byte, or to the failure."""
    error: RequestFault | None = None
    detail: str | None = None
    """What was seen, in words; never a header's value."""
    status: int | None = None
    slot: str | None = None
    build: str | None = None
    address: str | None = None
    reused: int = 0
    """How many requests the connection had carried before; 0 is a connection of its own."""
    bytes: int = 0
    """Of the body, as received."""
    connect_ms: float | None = None
    """From leaving to an open TCP connection, the look-up of the name included."""
    tls_ms: float | None = None
    first_byte_ms: float | None = None
    """From the request's bytes being handed over to the first byte of the answer."""
    stall_ms: float = 0.0
    """How much of its life the prober stalled; its latency is too long by up to this much."""
    redirects: int = 0
    fallbacks: int = 0
    """Addresses of the host that refused before one accepted."""
    idle_closes: int = 0
    """Kept-alive connections found closed by the server after a long idle time, before this one."""

    @property
    def stream(self) -> Stream:
        """The stream that it belongs to."""
        return _stream(self.url, self.mode)

    @property
    def sent(self) -> bool:
        """False if it was given up before anything was tried."""
        return self.phase is not Phase.NONE

    @property
    def answered(self) -> bool:
        """True if a whole answer came, whatever its content."""
        return self.phase is Phase.DONE

    @property
    def sent_s(self) -> float:
        """When it left."""
        return self.planned_s + self.late_ms / 1000

    @property
    def ended_s(self) -> float:
        """When its answer was whole, or it failed."""
        return self.planned_s + self.latency_ms / 1000

    @property
    def is_timing_clean(self) -> bool:
        """False if the prober's own stall is more than a tenth of the latency."""
        return self.stall_ms * 10 <= self.latency_ms


@dataclass(frozen=True, slots=True)
class StallLine:
    """A time in which the prober itself did not run."""

    kind: ClassVar[str] = "stall"
    cause: str
    start_s: float
    end_s: float
    lost_ms: float


@dataclass(frozen=True, slots=True)
class MarkLine:
    """An event elsewhere that the prober was notified of while it ran, such as a new split."""

    kind: ClassVar[str] = "mark"
    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class EndLine:
    """The last line; a record without it was cut off."""

    kind: ClassVar[str] = "end"
    ended_s: float
    reason: str


Line = RunLine | RequestLine | StallLine | MarkLine | EndLine

_LINES: dict[str, type[Line]] = {
    line.kind: line for line in (RunLine, RequestLine, StallLine, MarkLine, EndLine)
}
_FIELDS = {line: tuple(f.name for f in dataclasses.fields(line)) for line in _LINES.values()}
_ENUMS: dict[str, type[enum.StrEnum]] = {
    "mode": Mode,
    "phase": Phase,
    "verdict": RequestOutcome,
    "error": RequestFault,
}


def line_to_dict(line: Line) -> dict[str, Any]:
    """The line as plain data, `kind` first, without the fields that are None."""
    plain: dict[str, Any] = {"kind": line.kind}
    for name in _FIELDS[type(line)]:
        value = getattr(line, name)
        if value is not None:
            plain[name] = round(value, 6) if type(value) is float else value
    return plain


def line_from_dict(plain: dict[str, Any]) -> Line:
    """The line that `line_to_dict` made it from; fields of a later version are left out.

    Raises:
        ValueError: an unknown kind, a missing field, or a class this version does not know.
    """
    line_class = _LINES.get(plain.get("kind", ""))
    if line_class is None:
        raise ValueError(f"kind {plain.get('kind')!r} is none of {', '.join(_LINES)}")
    known = {name: plain[name] for name in _FIELDS[line_class] if name in plain}
    if line_class is RequestLine:
        for name, values in _ENUMS.items():
            if name in known:
                known[name] = values(known[name])
    try:
        return line_class(**known)
    except TypeError as error:
        raise ValueError(str(error)) from error
