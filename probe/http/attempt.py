"""What is known of one request while it goes on, what its end means, and the line it becomes."""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import dataclass, field
from typing import Protocol

from probe.fault import ConnectionEnded, ExchangeError, Phase, RequestFault
from probe.http.dial import Dialing
from probe.options.request import ExpectedStatus
from probe.options.target import ProbeTarget
from probe.record.line import Mode, RequestLine, RequestOutcome
from probe.timing.clock import WallTime
from probe.timing.stall import StallWatch

MAX_VALUE = 64
"""A slot or build of more characters is cut; it comes from outside."""

RACE_SECONDS = 1.0
"""A reused connection that ends later than this after the request was sent did not end in a race:
the server had it and gave no answer."""


class Answer(Protocol):
    """What came back, as far as it came: an HTTP answer or a WebSocket's handshake."""

    @property
    def status(self) -> int | None:
        """None on a ping, which has none of its own."""
        ...

    @property
    def headers(self) -> dict[str, str]:
        """By name in lower case."""
        ...

    @property
    def head(self) -> bytes:
        """Status line and headers as they came."""
        ...

    @property
    def body_bytes(self) -> int:
        """Received so far."""
        ...

    @property
    def content_length(self) -> int | None:
        """From the headers; None if they have none."""
        ...


@dataclass(slots=True)
class Attempt:
    """One request; times are monotonic seconds."""

    seq: int
    target: ProbeTarget
    mode: Mode
    method: str
    planned_s: float
    started_s: float
    ended_s: float = 0.0
    phase: Phase = Phase.DNS
    fault: RequestFault | None = None
    detail: str | None = None
    response: Answer | None = None
    """The last answer, once its head is there."""
    dialing: Dialing = field(default_factory=Dialing)
    address: str | None = None
    reused: int = 0
    sent_s: float | None = None
    first_byte_s: float | None = None
    redirects: int = 0
    idle_closes: int = 0

    def fail(self, error: Exception, expected: ExpectedStatus, now_s: float) -> None:
        """Write down what ended it, in its class and in words.

        An unexpected status is a better reason than a failure in its body.
        """
        self.fault, self.detail = self._meaning_of(error, now_s)
        status = self.response.status if self.response and self.phase is Phase.BODY else None
        if status is not None and (found := expected.fault_of(status)) is not None:
            self.detail = f"{found[1]}; then {self.fault}: {self.detail}"
            self.fault = found[0]

    def _meaning_of(self, error: Exception, now_s: float) -> tuple[RequestFault, str]:
        in_race = now_s - (self.sent_s or now_s) < RACE_SECONDS
        fault = fault_of(error, self.phase, reused=self.reused > 0 and in_race)
        if isinstance(error, ExchangeError):
            return fault, error.detail
        if isinstance(error, ConnectionEnded):
            words = "the server closed the connection"
        else:
            words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return fault, words + self._progress()

    def _progress(self) -> str:
        """How much of a body there was when it ended."""
        if self.phase is not Phase.BODY or self.response is None:
            return ""
        length = self.response.content_length
        of_all = "" if length is None else f" of {length}"
        return f" after {self.response.body_bytes}{of_all} bytes of the body"


@dataclass(frozen=True, slots=True)
class LineMaker:
    """Turns attempts into lines of the record: Unix times, verdicts, header values."""

    wall: WallTime
    watch: StallWatch
    slot_header: str
    build_header: str

    def line(self, attempt: Attempt) -> RequestLine:
        """The line of an attempt that has ended."""
        self.watch.beat()
        planned_s, ended_s = attempt.planned_s, attempt.ended_s
        dialing = attempt.dialing
        headers = attempt.response.headers if attempt.response else {}
        return RequestLine(
            seq=attempt.seq,
            planned_s=self.wall.at(planned_s),
            late_ms=_ms(planned_s, attempt.started_s) or 0.0,
            url=attempt.target.url,
            mode=attempt.mode,
            method=attempt.method,
            phase=attempt.phase,
            verdict=self._verdict(attempt),
            latency_ms=_ms(planned_s, ended_s) or 0.0,
            error=attempt.fault,
            detail=attempt.detail or None,
            status=attempt.response.status if attempt.response else None,
            slot=_cut(headers.get(self.slot_header)),
            build=_cut(headers.get(self.build_header)),
            address=attempt.address,
            reused=attempt.reused,
            bytes=attempt.response.body_bytes if attempt.response else 0,
            connect_ms=_ms(attempt.started_s, dialing.connected_s),
            tls_ms=_ms(dialing.connected_s, dialing.secured_s),
            first_byte_ms=_ms(attempt.sent_s, attempt.first_byte_s),
            stall_ms=self.watch.lost_seconds(planned_s, ended_s) * 1000,
            redirects=attempt.redirects,
            fallbacks=dialing.fallbacks,
            idle_closes=attempt.idle_closes,
        )

    def _verdict(self, attempt: Attempt) -> RequestOutcome:
        if attempt.fault is None:
            return RequestOutcome.OK
        if self.watch.excuses(attempt.fault, attempt.planned_s, attempt.ended_s):
            return RequestOutcome.EXCLUDED
        return RequestOutcome.FAILED


def _ms(from_s: float | None, to_s: float | None) -> float | None:
    return None if from_s is None or to_s is None else (to_s - from_s) * 1000


def _cut(value: str | None) -> str | None:
    return None if not value else value[:MAX_VALUE]


_OWN_SHORTAGES = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
)
_UNREACHABLE = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EACCES}
)


_BEFORE_TLS = frozenset({Phase.NONE, Phase.DNS, Phase.CONNECT})


def fault_of(error: BaseException, phase: Phase, *, reused: bool) -> RequestFault:
    """The class of an exception that the network or TLS raised in `phase`.

    Args:
        error: what was raised.
        phase: where the request was.
        reused: the connection had carried a request before.
    """
    if isinstance(error, ExchangeError):
        return error.fault
    if isinstance(error, ConnectionEnded):
        return _cut_off_in(phase, reused=reused)
    if isinstance(error, OSError) and error.errno in _OWN_SHORTAGES and phase in _BEFORE_TLS:
        return RequestFault.PROBER_RESOURCES
    if isinstance(error, TimeoutError) and not isinstance(error, ssl.SSLError):
        return _timeout_in(phase)
    match phase:
        case Phase.NONE | Phase.DNS:
            return RequestFault.DNS_FAILURE
        case Phase.CONNECT:
            return _connect_fault(error)
        case Phase.TLS:
            certificate = isinstance(error, ssl.CertificateError)
            return RequestFault.TLS_CERTIFICATE if certificate else RequestFault.TLS_FAILED
        case Phase.SEND | Phase.FIRST_BYTE:
            return RequestFault.KEPT_ALIVE_CLOSED if reused else RequestFault.RESET_BEFORE_RESPONSE
        case Phase.BODY | Phase.DONE:
            return RequestFault.RESET_IN_BODY


def _cut_off_in(phase: Phase, *, reused: bool) -> RequestFault:
    """The class of a connection that the server ended in good order (FIN) in `phase`."""
    if phase is Phase.BODY:
        return RequestFault.BODY_CUT
    return RequestFault.KEPT_ALIVE_CLOSED if reused else RequestFault.CLOSED_BEFORE_RESPONSE


def _timeout_in(phase: Phase) -> RequestFault:
    match phase:
        case Phase.NONE | Phase.DNS:
            return RequestFault.DNS_FAILURE
        case Phase.CONNECT:
            return RequestFault.CONNECT_TIMEOUT
        case Phase.TLS:
            return RequestFault.TLS_TIMEOUT
        case Phase.SEND | Phase.FIRST_BYTE:
            return RequestFault.RESPONSE_TIMEOUT
        case Phase.BODY | Phase.DONE:
            return RequestFault.BODY_TIMEOUT


def _connect_fault(error: BaseException) -> RequestFault:
    if isinstance(error, ConnectionRefusedError):
        return RequestFault.CONNECT_REFUSED
    if isinstance(error, socket.gaierror):
        return RequestFault.DNS_FAILURE
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return RequestFault.CONNECT_UNREACHABLE
    return RequestFault.CONNECT_FAILED
