"""Opens connections: look-up, TCP, TLS, each timed and each failing as itself."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import TypedDict

from probe.fault import Phase
from probe.http.connection import Connection
from probe.http.lookup import HostAddress, Lookup
from probe.options.target import Origin
from probe.timing.clock import ProbeClock


@dataclass(slots=True)
class Dialing:
    """How an attempt to connect goes; filled in on the way, also of a failed attempt."""

    phase: Phase = Phase.DNS
    address: str | None = None
    connected_s: float | None = None
    secured_s: float | None = None
    fallbacks: int = 0


class TlsArguments(TypedDict, total=False):
    """Keyword arguments of `create_connection` that are about TLS."""

    ssl: ssl.SSLContext
    server_hostname: str


class Dialer:
    """Opens connections to origins. The caller's deadline ends an attempt, nothing here does."""

    def __init__(self, clock: ProbeClock, lookup: Lookup, context: ssl.SSLContext | None) -> None:
        """Dial with `context` where an origin speaks TLS; it may be None if none does."""
        self._clock = clock
        self._lookup = lookup
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._open: set[Connection] = set()

    async def open_socket(
        self, origin: Origin, dialing: Dialing, receive_buffer_bytes: int | None = None
    ) -> socket.socket:
        """A connected TCP socket; the first address that accepts.

        Raises:
            OSError: no address accepted; the last one's error.
        """
        dialing.phase = Phase.DNS
        addresses = await self._lookup.addresses(origin.host, origin.port)
        dialing.phase = Phase.CONNECT
        for address in addresses[:-1]:
            try:
                return await self._connected(address, dialing, receive_buffer_bytes)
            except OSError:
                dialing.fallbacks += 1
        return await self._connected(addresses[-1], dialing, receive_buffer_bytes)

    async def open(
        self, origin: Origin, dialing: Dialing, receive_buffer_bytes: int | None = None
    ) -> Connection:
        """A connection that is ready for a request.

        Raises:
            OSError: no connection, or no TLS (`ssl.SSLError`).
        """
        sock = await self.open_socket(origin, dialing, receive_buffer_bytes)
        if origin.is_tls:
            dialing.phase = Phase.TLS
        connection = Connection(self._loop, self._clock, self._open)
        try:
            await self._loop.create_connection(
                lambda: connection, sock=sock, **self.tls_arguments(origin)
            )
        except BaseException:
            # uvloop never tells a connection that was cancelled in here that it is gone.
            self._open.discard(connection)
            raise
        if origin.is_tls:
            dialing.secured_s = self._clock.monotonic()
        connection.address = dialing.address or ""
        dialing.phase = Phase.SEND
        return connection

    def tls_arguments(self, origin: Origin) -> TlsArguments:
        """What `create_connection` needs to speak TLS to an origin: nothing where it does not."""
        if not origin.is_tls:
            return {}
        assert self._context is not None
        return {"ssl": self._context, "server_hostname": origin.host}

    async def close(self) -> None:
        """Close every connection that is still open, and wait until they are."""
        gone = [connection.close() for connection in tuple(self._open)]
        await asyncio.gather(*gone)

    async def _connected(
        self, address: HostAddress, dialing: Dialing, receive_buffer_bytes: int | None
    ) -> socket.socket:
        dialing.address = address.text
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if receive_buffer_bytes is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
            await self._loop.sock_connect(sock, address.sockaddr)
        except BaseException:
            sock.close()
            raise
        dialing.connected_s = self._clock.monotonic()
        return sock
