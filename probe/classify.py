"""What an exception of the network means, and whose fault it is: pure decisions."""

from __future__ import annotations

import errno
import socket
import ssl

from probe.errors import ConnectionEnded, ExchangeError
from probe.fault import Phase, RequestFault

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
