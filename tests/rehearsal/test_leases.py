from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.leases import drop_dead_leases, leases


@pytest.fixture
def dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def lock(backend: Path, name: str, pid: int, hostname: str) -> Path:
    folder = backend / ".pulumi" / "locks" / "organization" / "failover" / "rehearsal"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"pid": pid, "hostname": hostname, "username": "someone"}))
    path.with_name(path.name + ".attrs").write_text("{}")
    return path


def test_the_lock_of_a_killed_engine_is_dropped(tmp_path: Path, dead_pid: int) -> None:
    dead = lock(tmp_path, "dead", dead_pid, socket.gethostname())

    dropped = drop_dead_leases(tmp_path)

    assert [lease.path for lease in dropped] == [dead]
    assert list(dead.parent.iterdir()) == []


def test_the_lock_of_a_working_engine_is_kept(tmp_path: Path) -> None:
    alive = lock(tmp_path, "alive", os.getpid(), socket.gethostname())

    dropped = drop_dead_leases(tmp_path)

    assert dropped == []
    assert alive.exists()


def test_the_lock_of_another_machine_is_kept(tmp_path: Path, dead_pid: int) -> None:
    foreign = lock(tmp_path, "foreign", dead_pid, "another-machine")

    dropped = drop_dead_leases(tmp_path)

    assert dropped == []
    assert foreign.exists()


def test_a_lock_that_is_half_written_is_left_alone(tmp_path: Path, dead_pid: int) -> None:
    half = lock(tmp_path, "half", dead_pid, socket.gethostname())
    half.write_text('{"pid": 1')

    assert leases(tmp_path) == []
    assert drop_dead_leases(tmp_path) == []
    assert half.exists()


def test_a_backend_without_locks_has_no_leases(tmp_path: Path) -> None:
    assert leases(tmp_path) == []
