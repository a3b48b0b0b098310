"""Loopback ports that stay ours while nobody listens on them."""

from __future__ import annotations

import socket
from collections.abc import Hashable

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
