"""The faults of the table: how each is made, and what the prober has to call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.probe import faults
from tests.probe.fault_server import Script

EVERY = 20
"""A fault of answers strikes each request of this number."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table."""

    label: str
    script: Callable[[], Script]
    expected: str
    """The class in the prober's summary; `latency` where the freeze must be in its latencies."""
    seconds: float = 0.0
    """How long it lasts, for one of a time."""
    is_tls: bool = False
    refuses: bool = False
    host: str = "127.0.0.1"


def _every(script: Script) -> Callable[[], Script]:
    return lambda: faults.every(EVERY, script)


async def _drops_a_reused_connection(visit: faults.Visit) -> None:
    if visit.nth:
        visit.close()
    else:
        await faults.good(visit)


FAULTS: dict[str, Fault] = {
    "blip": Fault(
        "502 for 20 ms, once", lambda: faults.bad_gateway_for(0.02, 2.3), "unexpected_status"
    ),
    "freeze": Fault("frozen for 2 s, once", lambda: faults.freeze_for(2.0, 2.3), "latency"),
    "kept": Fault(
        "kept-alive closed under a request",
        _every(_drops_a_reused_connection),
        "kept_alive_closed",
    ),
    "refused": Fault(
        "refused for 0.5 s", lambda: faults.good, "connect_refused", seconds=0.5, refuses=True
    ),
    "reset": Fault("reset in the body", _every(faults.reset_in_body), "reset_in_body"),
    "half": Fault("half an answer", _every(faults.half_an_answer), "body_cut"),
    "huge": Fault("a huge body (4 MiB)", _every(faults.huge_body), "body_too_large"),
    "status": Fault("an unexpected status (404)", _every(faults.not_found), "unexpected_status"),
    "certificate": Fault(
        "wrong certificate for 0.5 s",
        lambda: faults.good,
        "tls_certificate",
        seconds=0.5,
        is_tls=True,
    ),
    "dns": Fault(
        "a name that does not resolve",
        lambda: faults.good,
        "dns_failure",
        host="no-such-host.invalid",
    ),
}
