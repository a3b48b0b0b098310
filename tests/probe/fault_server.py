"""A small HTTP server whose answers a script decides, down to the end of a connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
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
        self._accepted: set[socket.socket] = set()
        self.port = 0
        self.scheme = "http"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def connections(self) -> int:
        return self._connections

    @contextlib.contextmanager
    def listening(
        self, context: ssl.SSLContext | None = None, *, host: str = "127.0.0.1", port: int = 0
    ) -> Generator[None]:
        """Take connections, over TLS if there is a context, until the block ends."""
        self.scheme = "http" if context is None else "https"
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family, backlog=1024) as listener:
            listener.setblocking(False)
            self.port = listener.getsockname()[1]
            loop.add_reader(listener, self.accept, listener, context)
            try:
                yield
            finally:
                loop.remove_reader(listener)

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

    def accept(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        """Take the connection that waits, if it still does, in a task that `stop` knows of."""
        try:
            sock, _ = listener.accept()
        except (BlockingIOError, ConnectionError):
            return  # the client has left already
        sock.setblocking(False)
        number, self._connections = self._connections, self._connections + 1
        self._accepted.add(sock)
        self._serving.add(asyncio.create_task(self._connection(number, sock, context)))

    async def _connection(
        self, number: int, sock: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        self._accepted.discard(sock)  # what closes the transport closes it
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=context)
        except OSError:
            return  # no TLS came of it
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        with contextlib.suppress(ConnectionError):
            try:
                await self.serve(number, reader, writer)
                await writer.wait_closed()
            except asyncio.CancelledError:
                transport.abort()
                await writer.wait_closed()

    async def stop(self) -> None:
        """End every connection, those included whose task has not run yet."""
        for task in self._serving:
            task.cancel()
        ends = await asyncio.gather(*self._serving, return_exceptions=True)
        for sock in self._accepted:
            sock.close()
        if errors := [end for end in ends if isinstance(end, Exception)]:
            raise ExceptionGroup("a script failed", errors)


@contextlib.asynccontextmanager
async def fault_server(
    script: Script, context: ssl.SSLContext | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncGenerator[FaultServer, None]:
    """Serve `script`, over TLS if there is a context."""
    server = FaultServer(script)
    try:
        with server.listening(context, host=host, port=port):
            yield server
    finally:
        await server.stop()


def closed_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
