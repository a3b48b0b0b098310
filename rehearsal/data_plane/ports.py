"""Loopback ports that stay ours while nobody listens on them."""

from __future__ import annotations

import socket
from collections.abc import Hashable, Mapping
from contextlib import ExitStack

HOST = "127.0.0.1"


class Ports:
    """Hands out one free loopback port per key, and the same one again for the same key.

    The port is held by a bound socket that does not listen. Another process of the same user binds
    it as well, with `SO_REUSEPORT`, and connections are refused while none does.
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, socket.socket] = {}

    def of(self, key: Hashable) -> int:
        """The port of `key`."""
        if key not in self._held:
            holder = socket.socket()
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            holder.bind((HOST, 0))
            self._held[key] = holder
        return int(self._held[key].getsockname()[1])

    def keep(self, keys: set[Hashable]) -> None:
        """Let every other port go."""
        for key in set(self._held) - keys:
            self._held.pop(key).close()

    def close(self) -> None:
        """Let all go."""
        self.keep(set())


class SilentPorts:
    """Loopback ports to which no connection comes about, as where a firewall drops the packets.

    A port's queue of one is filled by a connection of ours that nobody accepts, so that the kernel
    (Linux) answers no other one; elsewhere a connection may come about, and gets no answer.
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[int, ExitStack]] = {}

    def of(self, key: Hashable) -> int:
        """The port of `key`, any free one where it has none yet."""
        if key not in self._held:
            self._held[key] = _silent(0)
        return self._held[key][0]

    def hold(self, ports: Mapping[Hashable, int]) -> None:
        """Be silent on these ports, which `Ports` gave, as well."""
        for key, port in ports.items():
            if key not in self._held:
                self._held[key] = _silent(port)

    def keep(self, keys: set[Hashable]) -> None:
        """Let every other port go."""
        for key in set(self._held) - keys:
            self._held.pop(key)[1].close()

    def close(self) -> None:
        """Let all go."""
        self.keep(set())


def _silent(port: int) -> tuple[int, ExitStack]:
    sockets = ExitStack()
    listener = sockets.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((HOST, port))
    listener.listen(0)
    address = listener.getsockname()
    waiting = sockets.enter_context(socket.socket())
    waiting.connect(address)
    return int(address[1]), sockets
