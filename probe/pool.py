"""Kept-alive connections of one origin, used in turn so that each idles between requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from probe.connection import Connection

EARLY_IDLE_SECONDS = 1.0
"""A server that closes a connection it promised to keep, after less idle time than this, has no
idle timeout but a fault: any client that sends its next request soon loses it."""

JUST_BEFORE_SECONDS = 0.1
"""A close that came this shortly before a request would have met that of a client farther away."""


LostSeconds = Callable[[float, float], float]
"""How long the prober stalled between two monotonic times. A connection that idled through a stall
would have been used in it, so its close says nothing of the server."""

GROWTH = 16
"""A slow answer makes requests open connections beyond the size; closing them again at once would
make the prober dial anew for each."""


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
