"""Which processes a process has started, whether they are gone, and who listens on a port."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

_LISTENS = "0A"
"""The state of a listening socket. Source: proc_net_tcp of the kernel's documentation."""


def descendants(pid: int) -> set[int]:
    """Every process below `pid`, by the kernel's word."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def left_after(pids: Iterable[int], seconds: float = 15.0) -> list[int]:
    """Those that are still there after so long; empty as soon as none is."""
    deadline = time.monotonic() + seconds
    while (alive := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


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
