"""Names to addresses: asked for once a second at most, spread over all that a name has."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

from probe.options.target import Overrides, host_and_port, is_ip_address
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
