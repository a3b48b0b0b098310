"""Kills the CLI while it updates, and looks for what is left of it."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from tests.engine.rehearsed import Rehearsed

_GONE_SECONDS = 60.0


def killed_mid_update(
    stack: Rehearsed, event: str = "resourcePreEvent", type_start: str = ""
) -> list[str]:
    """Start an `up`, kill -9 the CLI at its first `event`; the processes that it leaves.

    With `type_start` at the first one of a resource whose type begins so.
    What belongs to the run is told by the stack's folder in a process's command line.
    """
    argv = ["pulumi", "up", "--yes", "--skip-preview", "--json", "--non-interactive"]
    before = _processes(stack.root)
    with subprocess.Popen(
        argv, cwd=stack.root, env=stack.env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            found = json.loads(line).get(event)
            if found is not None and found["metadata"]["type"].startswith(type_start):
                break
        started = _processes(stack.root) - before
        assert started, "the run had no process of its own"
        process.kill()
    deadline = time.monotonic() + _GONE_SECONDS
    while (left := _processes(stack.root) - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    return sorted(left)


def _processes(root: Path) -> set[str]:
    """`pid command` of every process that works in `root` or names it."""
    found: set[str] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
            works_there = (folder / "cwd").readlink() == root
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
        if works_there or str(root) in command:
            found.add(f"{folder.name} {command.strip()}")
    return found
