"""Opens connections: look-up, TCP, TLS, each timed and each failing as itself.

Names are looked up once a second at most, and requests spread over all addresses that a name has.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict, cast

from probe.fault import Phase
from probe.http.connection import Connection
from probe.options.target import Origin, Overrides, host_and_port, is_ip_address
from probe.timing.clock import ProbeClock

MAX_AGE_SECONDS = 1.0
"""A load balancer's addresses change with its size; older answers would miss that."""

SockAddr = tuple[str, int] | tuple[str, int, int, int]
"""As the socket module spells IPv4 and IPv6 addresses."""

_STREAM = socket.SOCK_STREAM
_NUMERIC = socket.AI_NUMERICHOST


@dataclass(frozen=True, slots=True)
class HostAddress:
    """Where a socket connects to."""

    family: int
    sockaddr: SockAddr

    @property
    def text(self) -> str:
        """`10.0.0.1:443`, `[::1]:443`."""
        host, port = self.sockaddr[0], self.sockaddr[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


Ask = Callable[[str, int], Awaitable[list[HostAddress]]]
"""Finds the addresses of a host and port."""


@dataclass(slots=True)
class _Answer:
    addresses: list[HostAddress]
    asked_s: float
    turn: int = 0


class Lookup:
    """The addresses of hosts, in the order in which to try them.

    Connections rotate over the addresses of the family that the system prefers, so that each node
    of a load balancer is probed; the others follow, to fall back to.
    """

    def __init__(self, clock: ProbeClock, overrides: Overrides, ask: Ask | None = None) -> None:
        """Look names up with `ask`, or as the system does."""
        self._clock = clock
        self._overrides = overrides
        self._ask = ask or system_addresses
        self._answers: dict[tuple[str, int], _Answer] = {}
        self._asking: dict[tuple[str, int], asyncio.Task[_Answer]] = {}

    async def addresses(self, host: str, port: int) -> list[HostAddress]:
        """The addresses of a host for the next connection, first choice first.

        Raises:
            OSError: the name has none, or the lookup failed (`socket.gaierror`).
        """
        key = (host, port)
        answer = self._answers.get(key)
        if answer is None or self._clock.monotonic() - answer.asked_s > MAX_AGE_SECONDS:
            answer = await self._asked(key)
        answer.turn += 1
        return rotated(answer.addresses, answer.turn - 1)

    async def _asked(self, key: tuple[str, int]) -> _Answer:
        """Ask, or wait for the answer that another request asked for."""
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.create_task(self._answer(key))
            self._asking[key] = asking
            asking.add_done_callback(lambda task: self._asked_for(key, task))
        return await asyncio.shield(asking)

    def _asked_for(self, key: tuple[str, int], task: asyncio.Task[_Answer]) -> None:
        """Forget a question that was answered; its error is for those who still wait for it."""
        del self._asking[key]
        if not task.cancelled():
            task.exception()

    async def _answer(self, key: tuple[str, int]) -> _Answer:
        host, port = key
        found: list[HostAddress] = []
        for place in self._overrides.get(key, (host,)):
            name, at = host_and_port(place, port)
            found += await self._ask(name, at)
        previous = self._answers.get(key)
        answer = _Answer(found, self._clock.monotonic(), previous.turn if previous else 0)
        self._answers[key] = answer
        return answer


async def system_addresses(host: str, port: int) -> list[HostAddress]:
    """The addresses from the system's resolver; an address is returned without a lookup.

    Raises:
        OSError: no answer (`socket.gaierror`).
    """
    if is_ip_address(host):
        return _addresses(socket.getaddrinfo(host, port, type=_STREAM, flags=_NUMERIC))
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[HostAddress]] = loop.create_future()

    def settle(found: list[HostAddress] | OSError) -> None:
        if answer.cancelled():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: list[HostAddress] | OSError
        try:
            found = _addresses(socket.getaddrinfo(host, port, type=_STREAM))
        except OSError as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(settle, found)

    # A daemon, unlike the loop's own threads: a resolver that hangs must not delay the end.
    threading.Thread(target=ask, name="look-up", daemon=True).start()
    return await answer


def _addresses(infos: Sequence[tuple[object, ...]]) -> list[HostAddress]:
    return [HostAddress(cast("int", info[0]), cast("SockAddr", info[4])) for info in infos]


def rotated(addresses: list[HostAddress], turn: int) -> list[HostAddress]:
    """Turn the addresses of the first one's family round by `turn`; keep the others behind them."""
    preferred = [a for a in addresses if a.family == addresses[0].family]
    others = [a for a in addresses if a.family != addresses[0].family]
    start = turn % len(preferred)
    return [*preferred[start:], *preferred[:start], *others]


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
