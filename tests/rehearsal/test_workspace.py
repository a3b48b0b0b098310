from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.errors import NotRunningError
from rehearsal.lifecycle import find
from rehearsal.workspace import Running, Workspace, drop_dead_leases, leases

RUNNING = Running(
    pid=4711,
    endpoint="http://127.0.0.1:5000",
    provider_port=6000,
    http_port=7080,
    https_port=7443,
    like="prod",
    region="us-east-1",
    started_at="2026-01-01T00:00:00+00:00",
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_a_rehearsal_is_found_while_its_supervisor_holds_the_lock(workspace: Workspace) -> None:
    with workspace.held() as is_ours:
        assert is_ours
        workspace.create()
        workspace.write_running(RUNNING)

        assert Workspace(workspace.root).read_running() == RUNNING


def test_a_rehearsal_whose_supervisor_is_gone_is_not_found(workspace: Workspace) -> None:
    with workspace.held():
        workspace.create()
        workspace.write_running(RUNNING)

    assert workspace.read_running() is None


def test_one_that_is_still_starting_is_held_but_not_found(workspace: Workspace) -> None:
    with workspace.held():
        workspace.create()

        assert workspace.is_held()
        assert workspace.read_running() is None


def test_the_reason_of_an_unexpected_end_is_kept_until_the_next_rehearsal_begins(
    workspace: Workspace,
) -> None:
    with workspace.held():
        workspace.create()
        workspace.write_end("the data plane ended:\ntoo many open files")

    with pytest.raises(NotRunningError) as told:
        find(workspace)
    workspace.create()
    with pytest.raises(NotRunningError) as told_next:
        find(workspace)

    assert "by itself: the data plane ended:\ntoo many open files" in str(told.value)
    assert "by itself" not in str(told_next.value)


def test_two_cannot_hold_the_same_workspace(workspace: Workspace) -> None:
    with workspace.held(), Workspace(workspace.root).held() as is_second:
        assert not is_second


def test_creating_forgets_what_a_dead_one_left(workspace: Workspace) -> None:
    workspace.create()
    before = workspace.passphrase()
    (workspace.backend / "left").touch()
    workspace.stack_file.write_text("config: {}\n")

    workspace.create()

    assert list(workspace.backend.iterdir()) == []
    assert not workspace.stack_file.exists()
    assert workspace.passphrase() != before


def test_the_passphrase_is_for_its_owner_only(workspace: Workspace) -> None:
    workspace.create()

    assert (workspace.folder / "passphrase").stat().st_mode & 0o077 == 0


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
