"""The process that one instance is, as its starter sees it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
from pathlib import Path

from rehearsal.instances.identity import Identity

_ROOT = Path(__file__).parents[2]


class InstanceProcess:
    """One instance from the end of its boot to its end. It ends when this process does."""

    def __init__(self, identity: Identity, port: int) -> None:
        self.identity = identity
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process; None before it has started and after it has ended."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    async def start(self) -> None:
        """Start it, and return when it serves, or has ended."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-S",
            "-m",
            "rehearsal.instances",
            json.dumps(dataclasses.asdict(self.identity)),
            str(self._port),
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        await self._process.stdout.readline()

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """End it, as a machine ends that is switched off."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
