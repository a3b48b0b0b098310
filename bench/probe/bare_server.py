"""A server that answers every request at once: `python -m bench.probe.bare_server`."""

from __future__ import annotations

import asyncio
import json
import sys

_HEAD = b"HTTP/1.1 200 OK\r\nX-Slot: 01\r\nX-Build: v1\r\nContent-Length: 3\r\n"


class Answering(asyncio.Protocol):
    """Counts the ends of request heads; a request has no body here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if b"Connection: close" in data:
            self._transport.write(_HEAD + b"Connection: close\r\n\r\nok\n")
            self._transport.close()
        else:
            self._transport.write((_HEAD + b"\r\nok\n") * data.count(b"\r\n\r\n"))


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0, backlog=1024)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
