"""A server with one fault, as a process: `python -m bench.probe.fault_process NAME FOLDER`.

FOLDER holds the certificates `good/` and `wrong/`. It prints its port, and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import sys
import time
from pathlib import Path

from bench.probe.fault import FAULTS, Fault
from tests.probe.fault_server import FaultServer

AFTER_SECONDS = 2.3
"""A fault of a time begins so long after the first connection."""


class FaultClock:
    """Knows whether a fault that lasts for a time is on; it counts from the first connection."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._first_s: float | None = None
        self.begun = asyncio.Event()

    def begin(self) -> None:
        """Count from now on, unless it does already."""
        self._first_s = self._first_s or time.monotonic()
        self.begun.set()

    @property
    def is_on(self) -> bool:
        if self._first_s is None:
            return False
        return AFTER_SECONDS <= time.monotonic() - self._first_s < AFTER_SECONDS + self._seconds


class TimedServer(FaultServer):
    """Starts the clock of its fault with the first connection."""

    def __init__(self, fault: Fault, clock: FaultClock) -> None:
        super().__init__(fault.script())
        self._clock = clock

    def accept(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        """Take the connection that waits."""
        self._clock.begin()
        super().accept(listener, context)


async def serve(fault: Fault, folder: Path) -> None:
    clock = FaultClock(fault.seconds)
    server = TimedServer(fault, clock)
    context = _context(folder, clock) if fault.is_tls else None
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    with server.listening(context):
        print(json.dumps({"port": server.port}), flush=True)
        if fault.refuses:
            await clock.begun.wait()
            await asyncio.sleep(AFTER_SECONDS)
        else:
            await ended
    if fault.refuses:
        await asyncio.sleep(fault.seconds)
        with server.listening(port=server.port):
            await ended
    await server.stop()


def _context(folder: Path, clock: FaultClock) -> ssl.SSLContext:
    """Show the good certificate, and the wrong one while the fault lasts."""
    good, wrong = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    good.load_cert_chain(folder / "good" / "chain.pem", folder / "good" / "key.pem")
    wrong.load_cert_chain(folder / "wrong" / "chain.pem", folder / "wrong" / "key.pem")

    def choose(connection: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        if clock.is_on:
            connection.context = wrong

    good.sni_callback = choose  # type: ignore[assignment]
    return good


if __name__ == "__main__":
    asyncio.run(serve(FAULTS[sys.argv[1]], Path(sys.argv[2])))
