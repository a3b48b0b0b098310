"""What can go wrong with a request, each its own class, and how far a request gets.

The classes are the vocabulary of the record, the summary and the report: a user greps for them.
"""

from __future__ import annotations

import enum


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
