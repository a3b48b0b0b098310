"""The processes that the host starts: each ends with the host, whatever ends the host."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_TETHERED = Path(__file__).with_name("tethered.py")
PARENT_POLL_SECONDS = 0.2
GRACE_SECONDS = 1.5
"""How long a program may take to print its last lines after an interrupt."""


class Children:
    """Starts processes in groups of their own, and ends every one of them on request."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def start(
        self,
        python: str,
        target: Sequence[str],
        env: Mapping[str, str],
        cwd: str | Path,
        *,
        piped: bool,
    ) -> subprocess.Popen[bytes]:
        """Start `python TARGET…`; its output is piped to the host, or goes where the host's goes.

        `target` is a script or `-m MODULE`, with arguments.

        Raises:
            RuntimeError: the host is already ending.
        """
        stream = subprocess.PIPE if piped else None
        argv = [python, "-u", str(_TETHERED), str(os.getpid()), *target]
        with self._lock:
            if self._closed:
                raise RuntimeError("the language host is shutting down")
            child = subprocess.Popen(
                argv,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
            self._running.add(child)
        return child

    def finished(self, child: subprocess.Popen[bytes]) -> int:
        """Wait for `child` and forget it; its exit code, negative when a signal ended it."""
        code = child.wait()
        with self._lock:
            self._running.discard(child)
        return code

    def interrupt(self) -> None:
        """Ask every child to end; kill those that still run after `GRACE_SECONDS`."""
        with self._lock:
            children = list(self._running)
        for child in children:
            _signal_group(child, signal.SIGINT)
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(GRACE_SECONDS)
            if child.poll() is None:
                _signal_group(child, signal.SIGKILL)

    def kill(self) -> None:
        """End every child at once and start no other."""
        with self._lock:
            self._closed = True
            children = list(self._running)
        for child in children:
            _signal_group(child, signal.SIGKILL)


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def when_orphaned(act: Callable[[], None]) -> None:
    """Call `act` once, from a thread, when the process that started this one is gone.

    The parent of an orphan changes; no portable event reports it, hence the short poll.
    """
    parent = os.getppid()
    never = threading.Event()

    def watch() -> None:
        while os.getppid() == parent:
            never.wait(PARENT_POLL_SECONDS)
        act()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
