"""However a rehearsal ends, nothing of it is left, and the next one starts at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rehearsal.engine import copy_project
from rehearsal.lifecycle import ROOT, Started, start, stop
from rehearsal.workspace import Running, Workspace
from tests.engine.processes import descendants, left_after
from tests.ports import listeners

pytestmark = [
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]

RAMP = """
import pathlib, sys
import rehearsal.cli

rehearsal.cli.ROOT = pathlib.Path(sys.argv[1])
rehearsal.cli.rehearse(["ramp", "--like", "dev", "--boot-seconds", "0.5"])
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Generator[Workspace]:
    workspace = Workspace(copy_project(ROOT, tmp_path / "clone"))
    yield workspace
    stop(workspace, force=True)


def started(workspace: Workspace) -> Started:
    return start(workspace, "dev", 0.5, lambda _text: None)


def assert_nothing_is_left(workspace: Workspace, running: Running, processes: set[int]) -> None:
    """Neither a process, nor a listener: a port that was let go may be another process's by now."""
    assert left_after(processes) == []
    ports = (running.https_port, running.http_port, running.provider_port)
    for port in (*ports, int(running.endpoint.rpartition(":")[2])):
        owners = listeners(port)
        ours = {pid: words for pid, words in owners.items() if is_of(workspace, pid)}
        assert ours == {}, f"port {port}"


def is_of(workspace: Workspace, pid: int) -> bool:
    """Whether a process was started for this rehearsal, by any word of its own."""
    process = Path(f"/proc/{pid}")
    try:
        told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        folder = os.readlink(process / "cwd")
    except OSError:
        return False
    root = str(workspace.root)
    return root.encode() in told or folder.startswith(root)


def test_a_rehearsal_that_ends_leaves_nothing_and_the_next_starts_at_once(
    workspace: Workspace,
) -> None:
    first = started(workspace)
    of_first = descendants(first.running.pid) | {first.running.pid}
    assert all(is_of(workspace, pid) for pid in of_first)
    assert set(listeners(first.running.provider_port)) <= of_first
    os.kill(first.running.pid, signal.SIGKILL)
    assert_over(workspace, first, of_first)

    second = started(workspace)
    of_second = descendants(second.running.pid) | {second.running.pid}
    assert workspace.read_running() == second.running
    assert stop(workspace)
    assert_over(workspace, second, of_second)

    assert second.is_new
    assert len(of_first) == len(of_second) == 5, "supervisor, AWS, provider, data plane, proxy"
    assert not stop(workspace)


def assert_over(workspace: Workspace, ended: Started, processes: set[int]) -> None:
    assert ended.supervisor is not None
    ended.supervisor.communicate(timeout=20)
    assert_nothing_is_left(workspace, ended.running, processes)


@contextmanager
def ramping(workspace: Workspace) -> Generator[subprocess.Popen[str]]:
    """A ramp in a process group of its own, as a terminal has it."""
    ramp = subprocess.Popen(
        [sys.executable, "-c", RAMP, str(workspace.root)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    try:
        yield ramp
    finally:
        ramp.kill()
        ramp.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_ramp_that_is_stopped_under_traffic_leaves_nothing(
    workspace: Workspace, number: signal.Signals
) -> None:
    with ramping(workspace) as ramp:
        assert ramp.stdout is not None
        said: list[str] = []
        for line in ramp.stdout:
            said.append(line)
            if "images.web.02" in line:
                break
        running = workspace.read_running()
        assert running is not None, said
        processes = descendants(ramp.pid)
        assert len(processes) > 10, "the parts, the instances, the prober"

        os.killpg(ramp.pid, number)
        rest, _ = ramp.communicate(timeout=40)

    assert_nothing_is_left(workspace, running, processes)
    if number is signal.SIGINT:
        assert ramp.returncode == 130, rest
        assert "stopped by hand; everything of the rehearsal is gone" in rest
        assert workspace.read_running() is None
        assert not workspace.stack_file.exists()
