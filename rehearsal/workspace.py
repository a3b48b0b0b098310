"""Where a rehearsal keeps its things, and how one process sees that another is alive.

The ramps that `failover` recorded on a rehearsal outlive it.

A lock of the file backend outlives an engine that was killed, for ever; the hosted backend drops
the lease of an engine that is gone. The supervisor does the same for its own backend: a lock whose
process no longer runs on this machine is removed, and no other.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import socket
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rollout.entry import Entry
from rollout.errors import EntryError
from rollout.ramp_event import RampStart

OWN_FOLDER = ".failover"
ENDED = "rehearsed"
"""Beside `ramps`, where no driver looks for a ramp to resume."""
_JOURNAL = "journal.jsonl"
_KNOWN = "stack.json"

STACK = "rehearsal"
PROJECT = "failover"
LOCK_RETRY_SECONDS = 0.5
"""A look at the lock holds it for an instant; whoever meets that instant tries again."""


def put_away(root: Path, stack: str, backend: str) -> list[Path]:
    """Move the ramps of an ended rehearsal to `.failover/rehearsed`; their folders there.

    A person may still want their reports. What only a driver needs is removed: which rules the
    stack had, and the logs of its updates, which the journals quote.

    Args:
        root: The clone.
        stack: The rehearsal's stack.
        backend: The URL of its backend. A folder with the ramps of another clone's rehearsal stays.
    """
    ramps, ended = root / OWN_FOLDER / "ramps" / stack, root / OWN_FOLDER / ENDED
    moved: list[Path] = []
    for folder in sorted(path.parent for path in ramps.glob(f"*/{_JOURNAL}")):
        if _backend_of(folder / _JOURNAL) in ("", backend):
            ended.mkdir(parents=True, exist_ok=True)
            moved.append(folder.rename(_free(ended / folder.name)))
    if _known_backend(ramps / _KNOWN) in ("", backend):
        (ramps / _KNOWN).unlink(missing_ok=True)
        shutil.rmtree(ramps / "engine", ignore_errors=True)
    if ramps.is_dir() and not any(ramps.iterdir()):
        ramps.rmdir()
    return moved


def ended_ramps(root: Path) -> Path:
    """Where the ramps of ended rehearsals lie."""
    return root / OWN_FOLDER / ENDED


def _backend_of(journal: Path) -> str:
    """The backend that a journal records; empty where a former version wrote it."""
    with journal.open(encoding="utf-8", errors="replace") as lines:
        first = lines.readline()
    try:
        event = Entry.parse(first).event
    except EntryError:
        return ""
    stack = event.stack if isinstance(event, RampStart) else None
    return "" if stack is None else stack.backend


def _known_backend(file: Path) -> str:
    try:
        return str(json.loads(file.read_text()).get("backend", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _free(path: Path) -> Path:
    """`path`, or the first of `path-2`, `path-3`, ... that does not exist."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


@dataclass(frozen=True, slots=True)
class Running:
    """A rehearsal that runs: what a command needs to reach it."""

    pid: int
    """The supervisor's."""
    endpoint: str
    """The local AWS, `http://127.0.0.1:PORT`."""
    provider_port: int
    http_port: int
    """Loopback port of the load balancer's HTTP listener."""
    https_port: int
    like: str
    """The stack that this one was made from."""
    region: str
    started_at: str
    """ISO 8601, UTC."""
    inspected: str = ""
    """The file of the account that it has; empty for the rehearsal's own."""

    @property
    def life(self) -> str:
        """What no other rehearsal has, on this machine or in this clone."""
        return f"{self.started_at}/{self.pid}"


class Workspace:
    """The git-ignored folder `.rehearsal` of one clone, and the stack file beside it.

    A rehearsal is alive exactly while its supervisor holds the lock; the kernel releases it when
    the supervisor ends, however that ends, so that no process id has to be believed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".rehearsal"
        self.backend = self.folder / "backend"
        self.home = self.folder / "pulumi-home"
        self.logs = self.folder / "logs"
        self.data_plane = self.folder / "data-plane"
        self.ca_file = self.data_plane / "ca.pem"
        self.traffic = root / ".rehearsal-traffic"
        """The record of the last cutover's requests; it outlives the rehearsal."""
        self.supervisor_log = root / ".rehearsal.log"
        self.stack_file = root / f"Pulumi.{STACK}.yaml"
        self.policy_file = root / "policy" / f"{STACK}.json"
        self._lock = root / ".rehearsal.lock"
        self._running = self.folder / "running.json"
        self._end = self.folder / "end.txt"
        self._passphrase = self.folder / "passphrase"

    @contextlib.contextmanager
    def held(self) -> Generator[bool]:
        """Hold the lock for as long as the block runs; False when a supervisor holds it."""
        with self._lock.open("a+") as file:
            yield _is_locked(file, fcntl.LOCK_EX)

    def is_held(self) -> bool:
        """Whether a supervisor is alive in this clone."""
        with self._lock.open("a+") as file:
            return not _is_locked(file, fcntl.LOCK_SH)

    def wait_until_free(self, timeout_seconds: float) -> bool:
        """Wait for the supervisor to be gone; False when it still holds the lock."""
        deadline = time.monotonic() + timeout_seconds
        while self.is_held():
            if time.monotonic() >= deadline:
                return False
        return True

    def create(self) -> None:
        """Lay out an empty workspace, in place of whatever a dead rehearsal left."""
        self.remove()
        for folder in (self.backend, self.home, self.logs):
            folder.mkdir(parents=True, mode=0o700)
        descriptor = os.open(self._passphrase, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(24).hex())

    @property
    def backend_url(self) -> str:
        """The URL of the backend, without its options."""
        return f"file://{self.backend}"

    def remove(self) -> list[Path]:
        """Forget everything but the ramps, whose folders are put away and returned.

        The lock file stays, since another process may be waiting on it.
        """
        moved = put_away(self.root, STACK, self.backend_url)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.stack_file.unlink(missing_ok=True)
        self.policy_file.unlink(missing_ok=True)
        return moved

    def passphrase(self) -> str:
        """What the stack's secrets are encrypted with; new for each rehearsal."""
        return self._passphrase.read_text()

    def write_running(self, running: Running) -> None:
        """Announce the rehearsal: from here on other commands find it."""
        draft = self._running.with_suffix(".draft")
        draft.write_text(json.dumps(dataclasses.asdict(running), indent=2) + "\n")
        draft.replace(self._running)

    def write_end(self, why: str) -> None:
        """Leave word why the rehearsal ended by itself; the next one forgets it."""
        self._end.write_text(why)

    def read_end(self) -> str:
        """Why the last rehearsal ended by itself; empty where it did not."""
        try:
            return self._end.read_text()
        except FileNotFoundError:
            return ""

    def read_running(self) -> Running | None:
        """The rehearsal of this clone; None when there is none, or it is not complete."""
        if not self.is_held():
            return None
        try:
            return Running(**json.loads(self._running.read_text()))
        except FileNotFoundError:
            return None


def _is_locked(file: IO[str], kind: int) -> bool:
    """Take the lock, not waiting longer than another process's look at it can last."""
    deadline = time.monotonic() + LOCK_RETRY_SECONDS
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        else:
            return True


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
