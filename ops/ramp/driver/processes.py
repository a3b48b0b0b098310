"""Processes of this host, by their ids."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

_PROC = Path("/proc")


class Processes:
    """Looks processes up, and asks them to end."""

    def is_this_host(self, host: str) -> bool:
        """Whether `host` is the one we run on."""
        return host == socket.gethostname()

    def is_alive(self, pid: int) -> bool:
        """Whether a process has this id, and is not a zombie."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return not self.command(pid).startswith("<defunct>")

    def command(self, pid: int) -> str:
        """Its command line; empty when it is gone, `<defunct>` for a zombie."""
        state, arguments = _from_proc(pid) if (_PROC / "self").exists() else _from_ps(pid)
        return "<defunct>" if state.startswith("Z") else arguments.strip()

    def interrupt(self, pid: int) -> None:
        """Do to it what Ctrl-C does; nothing where it has ended, or is another user's."""
        self._send(pid, signal.SIGINT)

    def terminate(self, pid: int) -> None:
        """Ask it to end; nothing where it has ended, or is another user's."""
        self._send(pid, signal.SIGTERM)

    def ended_within(self, pid: int, seconds: float) -> bool:
        """Wait for a process that is not our child to end; the system has no event for it."""
        deadline = time.monotonic() + seconds
        while self.is_alive(pid):
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        return True

    def _send(self, pid: int, number: signal.Signals) -> None:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            return  # the caller that waits for its end reports it


def _from_proc(pid: int) -> tuple[str, str]:
    """State and command line; a slim image of Linux has this, and no `ps`."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
        arguments = (_PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return "", ""
    # The name of the program stands in brackets before it, and may hold any character.
    state = stat.rpartition(")")[2].strip()
    return state, arguments.replace(b"\0", b" ").decode(errors="replace")


def _from_ps(pid: int) -> tuple[str, str]:
    done = subprocess.run(
        ["ps", "-ww", "-o", "stat=", "-o", "args=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, arguments = done.stdout.strip().partition(" ")
    return state, arguments
