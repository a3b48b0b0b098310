"""A port of this machine that refuses connections for as long as a test needs it."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import closing, contextmanager


@contextmanager
def refusing_port() -> Generator[int]:
    """A loopback port that is held, and on which nobody listens.

    A port that was let go is anybody's: another test's server may answer on it a moment later.
    """
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
