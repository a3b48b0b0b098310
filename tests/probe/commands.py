"""Runs `failover probe` as a process of its own, against a server in a thread of the test."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path

from tests.probe.fault_server import FaultServer, Script, fault_server

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "ops.cli", "probe"]


@contextlib.contextmanager
def served(script: Script) -> Generator[FaultServer, None, None]:
    """The fault server in a thread, for clients that are processes."""
    ready = threading.Event()
    found: list[FaultServer] = []
    ended: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with fault_server(script) as server:
            stop = asyncio.Event()
            found.append(server)
            ended.append((asyncio.get_running_loop(), stop))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        loop, stop = ended[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def run(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        **settings,  # type: ignore[arg-type]
    )


def started(*arguments: str, stdin: int | None = None) -> subprocess.Popen[str]:
    """Start the command and leave it running."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=ROOT,
        text=True,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def on_request(script: Script, number: int, act: Callable[[], None]) -> Script:
    """Play `script`, and `act` once when request `number` arrives."""

    async def acting(visit: object) -> None:
        if visit.total == number:  # type: ignore[attr-defined]
            act()
        await script(visit)  # type: ignore[arg-type]

    return acting
