from __future__ import annotations

import errno
import socket
import ssl

import pytest

from probe.fault import ConnectionEnded, ExchangeError, Phase, RequestFault
from probe.http.attempt import fault_of

REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
RESET = ConnectionResetError(errno.ECONNRESET, "reset")
CERTIFICATE = ssl.SSLCertVerificationError(1, "no")


@pytest.mark.parametrize(
    ("error", "phase", "is_reused", "fault"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no name"), Phase.DNS, False, RequestFault.DNS_FAILURE),
        (TimeoutError(), Phase.DNS, False, RequestFault.DNS_FAILURE),
        (REFUSED, Phase.CONNECT, False, RequestFault.CONNECT_REFUSED),
        (TimeoutError(), Phase.CONNECT, False, RequestFault.CONNECT_TIMEOUT),
        (
            TimeoutError(errno.ETIMEDOUT, "kernel"),
            Phase.CONNECT,
            False,
            RequestFault.CONNECT_TIMEOUT,
        ),
        (OSError(errno.EHOSTUNREACH, ""), Phase.CONNECT, False, RequestFault.CONNECT_UNREACHABLE),
        (OSError(errno.ENETUNREACH, ""), Phase.CONNECT, False, RequestFault.CONNECT_UNREACHABLE),
        (RESET, Phase.CONNECT, False, RequestFault.CONNECT_FAILED),
        (OSError(errno.EMFILE, ""), Phase.CONNECT, False, RequestFault.PROBER_RESOURCES),
        (OSError(errno.EADDRNOTAVAIL, ""), Phase.CONNECT, False, RequestFault.PROBER_RESOURCES),
        (CERTIFICATE, Phase.TLS, False, RequestFault.TLS_CERTIFICATE),
        (ssl.SSLError(1, "wrong version"), Phase.TLS, False, RequestFault.TLS_FAILED),
        (RESET, Phase.TLS, False, RequestFault.TLS_FAILED),
        (TimeoutError(), Phase.TLS, False, RequestFault.TLS_TIMEOUT),
        (RESET, Phase.SEND, True, RequestFault.KEPT_ALIVE_CLOSED),
        (BrokenPipeError(errno.EPIPE, ""), Phase.SEND, True, RequestFault.KEPT_ALIVE_CLOSED),
        (RESET, Phase.FIRST_BYTE, True, RequestFault.KEPT_ALIVE_CLOSED),
        (RESET, Phase.FIRST_BYTE, False, RequestFault.RESET_BEFORE_RESPONSE),
        (ConnectionEnded(), Phase.FIRST_BYTE, True, RequestFault.KEPT_ALIVE_CLOSED),
        (ConnectionEnded(), Phase.FIRST_BYTE, False, RequestFault.CLOSED_BEFORE_RESPONSE),
        (TimeoutError(), Phase.FIRST_BYTE, True, RequestFault.RESPONSE_TIMEOUT),
        (RESET, Phase.BODY, True, RequestFault.RESET_IN_BODY),
        (ConnectionEnded(), Phase.BODY, False, RequestFault.BODY_CUT),
        (TimeoutError(), Phase.BODY, False, RequestFault.BODY_TIMEOUT),
        (
            ExchangeError(RequestFault.BODY_TOO_LARGE),
            Phase.BODY,
            False,
            RequestFault.BODY_TOO_LARGE,
        ),
    ],
)
def test_what_the_network_raises_has_one_class_in_each_phase(
    error: Exception, phase: Phase, is_reused: bool, fault: RequestFault
) -> None:
    assert fault_of(error, phase, reused=is_reused) is fault
