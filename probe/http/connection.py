"""One connection of HTTP/1.1, and the kept-alive ones of an origin, used in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from probe.fault import ConnectionEnded, ExchangeError, Phase
from probe.http.response import Response
from probe.timing.clock import ProbeClock


class Connection(asyncio.Protocol):
    """A connection that carries one request at a time.

    Unrequested bytes, and a close while idle, are remembered for the next request on it.
    """

    CLOSE_SECONDS = 1.0
    """How long a server that was asked to close gets before we do."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: ProbeClock, registry: set[Connection]
    ) -> None:
        """Be in `registry` as long as there is a transport."""
        self._loop = loop
        self._clock = clock
        self._registry = registry
        self._lost: asyncio.Future[None] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._response: Response | None = None
        self._done: asyncio.Future[None] | None = None
        self.address = ""
        self.carried = 0
        """Requests that were answered on it."""
        self.phase = Phase.SEND
        self.idle_since_s = clock.monotonic()
        self.closed_at_s: float | None = None
        self.first_byte_s: float | None = None

    @property
    def is_open(self) -> bool:
        """False once the server closed it, or sent what was not asked for."""
        return self.closed_at_s is None

    @property
    def transport(self) -> asyncio.Transport:
        """The transport under it; there is one from the first callback on."""
        assert self._transport is not None
        return self._transport

    async def exchange(self, request: bytes, response: Response) -> None:
        """Send a request and wait until its answer is whole.

        Raises:
            OSError: the connection broke.
            ConnectionEnded: the server closed before the answer was whole.
            ExchangeError: the answer is malformed or too large.
        """
        self.phase = Phase.SEND
        self.first_byte_s = None
        self._response = response
        self._done = self._loop.create_future()
        try:
            self.transport.write(request)
            if self.closed_at_s is None:
                self.phase = Phase.FIRST_BYTE
            await self._done
        finally:
            self._response = self._done = None
        self.carried += 1
        self.idle_since_s = self._clock.monotonic()

    def pause_reading(self, pause_s: float) -> None:
        """Take no bytes for `pause_s` seconds."""
        self.transport.pause_reading()
        self._loop.call_later(pause_s, self.transport.resume_reading)

    def close_soon(self) -> None:
        """Let the server close first, as the request asked it to, and close after a while."""
        if not self.transport.is_closing():
            self._loop.call_later(self.CLOSE_SECONDS, self.transport.abort)

    def close(self) -> asyncio.Future[None]:
        """Close now; what it returns is done when the connection is gone."""
        self.transport.abort()
        return self._lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio when the connection, TLS included, is there."""
        self._transport = cast("asyncio.Transport", transport)
        self._registry.add(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio with bytes of the answer."""
        response = self._response
        if response is None:
            self._mark_closed()
            return
        if self.first_byte_s is None:
            self.first_byte_s = self._clock.monotonic()
            self.phase = Phase.BODY
        try:
            response.feed(data)
        except ExchangeError as error:
            self._finish(error)
            return
        if response.has_extra:
            self._mark_closed()
        if response.is_complete:
            self._finish(None)

    def eof_received(self) -> bool:
        """Called by asyncio when the server has closed its side; ours is closed with it."""
        self._mark_closed()
        if self._response is not None:
            self._response.feed_eof()
            self._finish(None if self._response.is_complete else ConnectionEnded())
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio when the connection is gone, whoever ended it."""
        self._registry.discard(self)
        if not self._lost.done():
            self._lost.set_result(None)
        self._mark_closed()
        self._finish(exc or ConnectionEnded())

    def _mark_closed(self) -> None:
        if self.closed_at_s is None:
            self.closed_at_s = self._clock.monotonic()

    def _finish(self, error: Exception | None) -> None:
        if self._done is None or self._done.done():
            return
        if error is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(error)


EARLY_IDLE_SECONDS = 1.0
"""A server that closes a connection it promised to keep, after less idle time than this, has no
idle timeout but a fault: any client that sends its next request soon loses it."""

JUST_BEFORE_SECONDS = 0.1
"""A close this shortly before a request would have met a request of a client farther away."""


LostSeconds = Callable[[float, float], float]
"""How long the prober stalled between two monotonic times. A connection that idled through a stall
would have been used in it, so its close proves nothing about the server."""

GROWTH = 16
"""A slow answer makes requests open connections beyond the size; closing them again at once would
make the prober dial again for each."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A kept-alive connection that the server closed too early, or just before its next request."""

    address: str
    carried: int
    idle_s: float
    """How long it had been idle when the server closed it."""
    before_s: float
    """How long before the request that was closed."""

    @property
    def detail(self) -> str:
        """In words."""
        return (
            f"closed by the server {self.before_s * 1000:.0f} ms before the request, "
            f"after {self.idle_s * 1000:.0f} ms idle"
        )


@dataclass(frozen=True, slots=True)
class PooledConnection:
    """What the pool has for a request: a connection, one closed on it, or nothing (open one)."""

    connection: Connection | None = None
    closed: Closed | None = None
    idle_closes: int = 0
    """Connections that the server had closed in good time, dropped on the way."""


def closed_on(connection: Connection, now_s: float) -> Closed | None:
    """Judge a connection that the server closed while it was idle; None if that was in order."""
    assert connection.closed_at_s is not None
    idle_s = connection.closed_at_s - connection.idle_since_s
    before_s = now_s - connection.closed_at_s
    if idle_s >= EARLY_IDLE_SECONDS and before_s >= JUST_BEFORE_SECONDS:
        return None
    return Closed(connection.address, connection.carried, idle_s, before_s)


class Pool:
    """Connections waiting for their next request, the one that has waited longest first."""

    def __init__(self, size: int, lost_seconds: LostSeconds) -> None:
        """Keep at least `size` connections, and `GROWTH` times as many where they are in use."""
        self._size = size
        self._lost_seconds = lost_seconds
        self._idle: deque[Connection] = deque()
        self._lent = 0

    def take(self, now_s: float) -> PooledConnection:
        """A connection for a request that leaves now; a new one is due while there are too few."""
        if len(self._idle) + self._lent < self._size:
            self._lent += 1
            return PooledConnection()
        idle_closes = 0
        self._lent += 1
        while self._idle:
            connection = self._idle.popleft()
            if connection.is_open:
                return PooledConnection(connection, idle_closes=idle_closes)
            closed = closed_on(connection, now_s)
            stalled_s = self._lost_seconds(connection.idle_since_s, now_s)
            if closed is not None and not stalled_s:
                return PooledConnection(closed=closed, idle_closes=idle_closes)
            idle_closes += 1
        return PooledConnection(idle_closes=idle_closes)

    def give_back(self, connection: Connection | None) -> None:
        """End a loan: with a connection that can be used again, or with None."""
        self._lent -= 1
        if connection is None:
            return
        if len(self._idle) < self._size * GROWTH:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close all that are idle."""
        while self._idle:
            self._idle.popleft().close()
