from __future__ import annotations

import errno
import socket
import ssl

import pytest

from probe.classify import fault_of
from probe.errors import ConnectionEnded, ExchangeError
from probe.fault import Fault, Phase

REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
RESET = ConnectionResetError(errno.ECONNRESET, "reset")
CERTIFICATE = ssl.SSLCertVerificationError(1, "no")


@pytest.mark.parametrize(
    ("error", "phase", "is_reused", "fault"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no name"), Phase.DNS, False, Fault.DNS_FAILURE),
        (TimeoutError(), Phase.DNS, False, Fault.DNS_FAILURE),
        (REFUSED, Phase.CONNECT, False, Fault.CONNECT_REFUSED),
        (TimeoutError(), Phase.CONNECT, False, Fault.CONNECT_TIMEOUT),
        (TimeoutError(errno.ETIMEDOUT, "kernel"), Phase.CONNECT, False, Fault.CONNECT_TIMEOUT),
        (OSError(errno.EHOSTUNREACH, ""), Phase.CONNECT, False, Fault.CONNECT_UNREACHABLE),
        (OSError(errno.ENETUNREACH, ""), Phase.CONNECT, False, Fault.CONNECT_UNREACHABLE),
        (RESET, Phase.CONNECT, False, Fault.CONNECT_FAILED),
        (OSError(errno.EMFILE, ""), Phase.CONNECT, False, Fault.PROBER_RESOURCES),
        (OSError(errno.EADDRNOTAVAIL, ""), Phase.CONNECT, False, Fault.PROBER_RESOURCES),
        (CERTIFICATE, Phase.TLS, False, Fault.TLS_CERTIFICATE),
        (ssl.SSLError(1, "wrong version"), Phase.TLS, False, Fault.TLS_FAILED),
        (RESET, Phase.TLS, False, Fault.TLS_FAILED),
        (TimeoutError(), Phase.TLS, False, Fault.TLS_TIMEOUT),
        (RESET, Phase.SEND, True, Fault.KEPT_ALIVE_CLOSED),
        (BrokenPipeError(errno.EPIPE, ""), Phase.SEND, True, Fault.KEPT_ALIVE_CLOSED),
        (RESET, Phase.FIRST_BYTE, True, Fault.KEPT_ALIVE_CLOSED),
        (RESET, Phase.FIRST_BYTE, False, Fault.RESET_BEFORE_RESPONSE),
        (ConnectionEnded(), Phase.FIRST_BYTE, True, Fault.KEPT_ALIVE_CLOSED),
        (ConnectionEnded(), Phase.FIRST_BYTE, False, Fault.CLOSED_BEFORE_RESPONSE),
        (TimeoutError(), Phase.FIRST_BYTE, True, Fault.RESPONSE_TIMEOUT),
        (RESET, Phase.BODY, True, Fault.RESET_IN_BODY),
        (ConnectionEnded(), Phase.BODY, False, Fault.BODY_CUT),
        (TimeoutError(), Phase.BODY, False, Fault.BODY_TIMEOUT),
        (ExchangeError(Fault.BODY_TOO_LARGE), Phase.BODY, False, Fault.BODY_TOO_LARGE),
    ],
)
def test_what_the_network_raises_has_one_class_in_each_phase(
    error: Exception, phase: Phase, is_reused: bool, fault: Fault
) -> None:
    assert fault_of(error, phase, reused=is_reused) is fault
