"""A small HTTP server whose answers a script decides, down to the end of a connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

Script = Callable[["Visit"], Awaitable[None]]


@dataclass(slots=True)
class Visit:
    """One request as the server sees it."""

    head: str
    connection: int
    """Counts the server's connections from 0."""
    nth: int
    """Counts the requests of the connection from 0."""
    total: int
    """Counts all requests from 0."""
    writer: asyncio.StreamWriter

    @property
    def path(self) -> str:
        return self.head.split(" ", 2)[1]

    def header(self, name: str) -> str | None:
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    def answer(self, status: int = 200, body: bytes = b"ok\n", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Some Words", f"Content-Length: {len(body)}", *headers]
        if self.header("Connection") == "close":
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.write(head + (b"" if self.head.startswith("HEAD") else body))

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    def close(self) -> None:
        """End in good order (FIN)."""
        self.writer.close()

    def reset(self) -> None:
        """Break the connection (RST)."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class FaultServer:
    """Listens on a free loopback port and plays its script for each request."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._connections = 0
        self._total = 0
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0
        self.scheme = "http"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def connections(self) -> int:
        return self._connections

    async def serve(
        self, connection: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nth = 0
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                visit = Visit(head, connection, nth, self._total, writer)
                nth, self._total = nth + 1, self._total + 1
                await self._script(visit)
                if visit.header("Connection") == "close":
                    writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left, which is its right
        finally:
            writer.close()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self._connections = self._connections, self._connections + 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self.serve(number, reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._serving.discard(task)

    async def stop(self) -> None:
        for task in tuple(self._serving):
            task.cancel()
        if self._serving:
            await asyncio.wait(tuple(self._serving))


@contextlib.asynccontextmanager
async def fault_server(
    script: Script, context: ssl.SSLContext | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncGenerator[FaultServer, None]:
    """Serve `script`, over TLS if there is a context."""
    server = FaultServer(script)
    server.scheme = "http" if context is None else "https"
    listener = await asyncio.start_server(server.accept, host, port, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await server.stop()
        await listener.wait_closed()


def closed_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
