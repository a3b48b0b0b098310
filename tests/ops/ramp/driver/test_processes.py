"""Processes of this host, real ones."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from ops.ramp.driver.processes import Processes

WAITS = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); print('up', flush=True); "
    "signal.pause()"
)


@pytest.fixture
def child() -> Generator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child
        child.kill()


def test_a_process_is_seen_until_it_is_gone_and_a_zombie_counts_as_gone(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    processes = Processes()
    assert processes.is_alive(child.pid)
    assert "signal.pause" in processes.command(child.pid)

    processes.terminate(child.pid)

    assert processes.ended_within(child.pid, 20)
    assert processes.command(child.pid) == "<defunct>"
    assert child.wait() == -signal.SIGTERM
    assert not processes.is_alive(child.pid)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc")
def test_a_process_is_seen_where_there_is_no_ps(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert Processes().is_alive(child.pid)
    assert "signal.pause" in Processes().command(child.pid)


def test_an_interrupt_is_what_ctrl_c_does(child: subprocess.Popen[bytes]) -> None:
    processes = Processes()

    processes.interrupt(child.pid)

    assert child.wait(20) == -signal.SIGINT
    processes.interrupt(child.pid)
