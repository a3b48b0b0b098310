"""What can go wrong with a request, each its own class, and how far a request gets.

The classes are the vocabulary of the record, the summary and the report: a user greps for them.
The errors of the prober:

ProbeError
├── OptionsError            options that cannot be, all of them reported together
├── RecordError             a record file that cannot be read or written
├── ConnectionEnded         the server closed in good order while an answer was due
└── ExchangeError           a request that got no whole answer, with its class
    └── MalformedResponse   the answer is not HTTP/1.1
"""

from __future__ import annotations

import enum

from rollout.problem import Problem, listed


class Phase(enum.StrEnum):
    """How far a request got; of a failed request, where it failed."""

    NONE = "none"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    SEND = "send"
    FIRST_BYTE = "first_byte"
    BODY = "body"
    DONE = "done"


class RequestFault(enum.StrEnum):
    """The class of a request that was not answered as expected; a record has its value."""

    DNS_FAILURE = "dns_failure"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    CONNECT_UNREACHABLE = "connect_unreachable"
    CONNECT_FAILED = "connect_failed"
    TLS_CERTIFICATE = "tls_certificate"
    TLS_FAILED = "tls_failed"
    TLS_TIMEOUT = "tls_timeout"
    KEPT_ALIVE_CLOSED = "kept_alive_closed"
    """The server closed a kept-alive connection under a request, or just before it."""
    CLOSED_BEFORE_RESPONSE = "closed_before_response"
    RESET_BEFORE_RESPONSE = "reset_before_response"
    RESPONSE_TIMEOUT = "response_timeout"
    BODY_TIMEOUT = "body_timeout"
    RESET_IN_BODY = "reset_in_body"
    BODY_CUT = "body_cut"
    """The connection ended in good order before the length that the headers promised."""
    BODY_TOO_LARGE = "body_too_large"
    MALFORMED_RESPONSE = "malformed_response"
    UNEXPECTED_STATUS = "unexpected_status"
    UNEXPECTED_BODY = "unexpected_body"
    REDIRECT_FAILED = "redirect_failed"
    WEBSOCKET_REFUSED = "websocket_refused"
    WEBSOCKET_CLOSED = "websocket_closed"
    WEBSOCKET_TIMEOUT = "websocket_timeout"
    CAP_REACHED = "cap_reached"
    """Not sent: as many requests as allowed were waiting for the target."""
    PROBER_LATE = "prober_late"
    """Not sent: the prober itself could not run at the planned time."""
    PROBER_RESOURCES = "prober_resources"
    """Not sent: the prober's own machine had no socket, port or memory left for it."""
    RUN_ENDED = "run_ended"
    """Cut off by us: the run was ended at once."""


NOT_THE_TARGETS = frozenset(
    {RequestFault.PROBER_LATE, RequestFault.PROBER_RESOURCES, RequestFault.RUN_ENDED}
)
"""Classes that are faults of the prober, and no evidence about the target."""


class ProbeError(Exception):
    """Base of every error that this package raises."""


class OptionsError(ProbeError):
    """Bad input; its text lists every problem, with what fixes it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Hold `problems`, of which there is at least one."""
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        return listed(self.problems, "the options", "nothing was sent")


class RecordError(ProbeError):
    """A record file that is missing, is of another kind, or could not be written."""


class ConnectionEnded(ProbeError):  # noqa: N818  (an end, not always an error)
    """The server closed in good order (FIN) while an answer was due."""


class ExchangeError(ProbeError):
    """A request that got no whole answer."""

    def __init__(self, fault: RequestFault, detail: str = "") -> None:
        """Hold the class of the fault, and what was seen."""
        self.fault = fault
        self.detail = detail
        super().__init__(fault, detail)


class MalformedResponse(ExchangeError):  # noqa: N818  (the noun says it; it is an error by its base)
    """What came back is not HTTP/1.1."""

    def __init__(self, detail: str) -> None:
        """Hold what was found where."""
        super().__init__(RequestFault.MALFORMED_RESPONSE, detail)
