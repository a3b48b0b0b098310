"""A server with one fault, as a process: `python -m bench.probe.fault_process NAME FOLDER`.

FOLDER holds the certificates `good/` and `wrong/`. It prints its port, and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from pathlib import Path

from bench.probe.fault import FAULTS, Fault
from tests.probe.fault_server import FaultServer

AFTER_SECONDS = 2.3
"""A fault of a time begins so long after the first connection."""


async def serve(fault: Fault, folder: Path) -> None:
    server = FaultServer(fault.script())
    first_s: list[float] = []

    def is_faulty() -> bool:
        first_s[:] = first_s or [time.monotonic()]
        return AFTER_SECONDS <= time.monotonic() - first_s[0] < AFTER_SECONDS + fault.seconds

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_faulty()
        await server.accept(reader, writer)

    context = _context(folder, is_faulty) if fault.is_tls else None
    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context, backlog=1024)
    port = listener.sockets[0].getsockname()[1]
    print(json.dumps({"port": port}), flush=True)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    if fault.refuses:
        while not is_faulty():
            await asyncio.sleep(0.01)
            if not server.connections:
                first_s.clear()
        listener.close()
        await asyncio.sleep(fault.seconds)
        listener = await asyncio.start_server(accept, "127.0.0.1", port, backlog=1024)
    await ended
    listener.close()
    await server.stop()


def _context(folder: Path, is_faulty: object) -> ssl.SSLContext:
    """Show the good certificate, and the wrong one while the fault lasts."""
    good, wrong = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    good.load_cert_chain(folder / "good" / "chain.pem", folder / "good" / "key.pem")
    wrong.load_cert_chain(folder / "wrong" / "chain.pem", folder / "wrong" / "key.pem")

    def choose(connection: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        if is_faulty():  # type: ignore[operator]
            connection.context = wrong

    good.sni_callback = choose  # type: ignore[assignment]
    return good


if __name__ == "__main__":
    asyncio.run(serve(FAULTS[sys.argv[1]], Path(sys.argv[2])))
