"""Ports of this machine: one that refuses connections, and who listens on one."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_LISTENS = "0A"
"""The state of a listening socket. Source: proc_net_tcp of the kernel's documentation."""


@contextmanager
def refusing_port() -> Generator[int]:
    """A loopback port that is held, and on which nobody listens.

    A port that was let go is anybody's: another test's server may answer on it a moment later.
    """
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def listeners(port: int) -> dict[int, str]:
    """Who listens on a TCP port of this machine: each process, with its command line.

    A port that nobody of ours listens on any more is anybody's: that it answers says nothing.
    """
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    return {
        int(process.name): (process / "cmdline").read_text().replace("\0", " ").strip()
        for process in Path("/proc").glob("[0-9]*")
        if sockets & set(_opened(process))
    }


def _listening(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _opened(process: Path) -> Iterator[str]:
    """What the descriptors of a process are; nothing where it has just ended."""
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        return
    for descriptor in descriptors:
        try:
            yield os.readlink(descriptor)
        except OSError:
            continue
