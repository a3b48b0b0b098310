"""What an exception of the network means, and whose fault it is: pure decisions."""

from __future__ import annotations

import errno
import socket
import ssl

from probe.errors import ConnectionEnded, ExchangeError
from probe.fault import Fault, Phase

_OWN_SHORTAGES = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
)
_UNREACHABLE = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EACCES}
)


_BEFORE_TLS = frozenset({Phase.NONE, Phase.DNS, Phase.CONNECT})


def fault_of(error: BaseException, phase: Phase, *, reused: bool) -> Fault:
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
        return Fault.PROBER_RESOURCES
    if isinstance(error, TimeoutError) and not isinstance(error, ssl.SSLError):
        return _timeout_in(phase)
    match phase:
        case Phase.NONE | Phase.DNS:
            return Fault.DNS_FAILURE
        case Phase.CONNECT:
            return _connect_fault(error)
        case Phase.TLS:
            certificate = isinstance(error, ssl.CertificateError)
            return Fault.TLS_CERTIFICATE if certificate else Fault.TLS_FAILED
        case Phase.SEND | Phase.FIRST_BYTE:
            return Fault.KEPT_ALIVE_CLOSED if reused else Fault.RESET_BEFORE_RESPONSE
        case Phase.BODY | Phase.DONE:
            return Fault.RESET_IN_BODY


def _cut_off_in(phase: Phase, *, reused: bool) -> Fault:
    """The class of a connection that the server ended in good order (FIN) in `phase`."""
    if phase is Phase.BODY:
        return Fault.BODY_CUT
    return Fault.KEPT_ALIVE_CLOSED if reused else Fault.CLOSED_BEFORE_RESPONSE


def _timeout_in(phase: Phase) -> Fault:
    match phase:
        case Phase.NONE | Phase.DNS:
            return Fault.DNS_FAILURE
        case Phase.CONNECT:
            return Fault.CONNECT_TIMEOUT
        case Phase.TLS:
            return Fault.TLS_TIMEOUT
        case Phase.SEND | Phase.FIRST_BYTE:
            return Fault.RESPONSE_TIMEOUT
        case Phase.BODY | Phase.DONE:
            return Fault.BODY_TIMEOUT


def _connect_fault(error: BaseException) -> Fault:
    if isinstance(error, ConnectionRefusedError):
        return Fault.CONNECT_REFUSED
    if isinstance(error, socket.gaierror):
        return Fault.DNS_FAILURE
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return Fault.CONNECT_UNREACHABLE
    return Fault.CONNECT_FAILED
