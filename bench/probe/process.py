"""Processes of the benchmark: servers that live as long as their input, tools that are timed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROBE = (sys.executable, "-m", "ops.cli", "probe")


@contextlib.contextmanager
def server(module: str, *arguments: str) -> Generator[int, None, None]:
    """A server in a process of its own; yields its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["port"]
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@dataclass(frozen=True, slots=True)
class Ran:
    """A tool that has ended, with all the processes that it started."""

    output: str
    errors: str
    code: int
    cpu_s: float
    peak_mb: float


class PeakMemory(threading.Thread):
    """Watches the peak of a process's resident memory until it ends.

    `ru_maxrss` is of no use for a child: it begins at what its parent held when it was forked.
    Source: getrusage(2) and proc(5) of Linux, `VmHWM`.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{pid}/status")
        self.megabytes = 0.0

    def run(self) -> None:
        with contextlib.suppress(OSError):  # the process has ended
            while match := re.search(r"VmHWM:\s+(\d+) kB", self._status.read_text()):
                self.megabytes = int(match[1]) / 1024
                time.sleep(0.05)


def ran(
    command: tuple[str, ...],
    folder: Path,
    *,
    seconds: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """Run a tool; with `seconds`, interrupt it then as Ctrl-C would."""
    with (folder / "out").open("w+") as out, (folder / "err").open("w+") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=out,
            stderr=err,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            start_new_session=True,
        )
        peak = PeakMemory(process.pid)
        peak.start()
        if seconds is not None:
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGINT)
        _, status, usage = os.wait4(process.pid, 0)
        peak.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Ran(
            out.read(),
            err.read(),
            process.returncode,
            usage.ru_utime + usage.ru_stime,
            peak.megabytes,
        )
