"""The locks of the file backend, kept as the hosted backend keeps its leases.

A lock of the file backend outlives an engine that was killed, for ever. The hosted one drops the
lease of an engine that is gone. The supervisor does the same for its own backend: a lock whose
process no longer runs on this machine is removed, and no other.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BackendLock:
    """One lock of a stack."""

    path: Path
    pid: int
    hostname: str

    @property
    def is_alive(self) -> bool:
        """Whether its holder may still run; a holder on another machine always may."""
        if self.hostname != socket.gethostname():
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def leases(backend: Path) -> list[BackendLock]:
    """Every lock below a file backend; one that is being written or removed is left out."""
    found: list[BackendLock] = []
    for path in sorted((backend / ".pulumi" / "locks").rglob("*.json")):
        try:
            held = json.loads(path.read_text())
            found.append(BackendLock(path, int(held["pid"]), str(held["hostname"])))
        except (FileNotFoundError, json.JSONDecodeError, KeyError):
            continue
    return found


def drop_dead_leases(backend: Path) -> list[BackendLock]:
    """Remove the locks of engines that are gone; the removed ones."""
    dead = [lease for lease in leases(backend) if not lease.is_alive]
    for lease in dead:
        lease.path.unlink(missing_ok=True)
        lease.path.with_name(lease.path.name + ".attrs").unlink(missing_ok=True)
    return dead
