"""One process for every instance that the control plane holds."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rehearsal.control_plane.topology import TopologyInstance
from rehearsal.instances.behaviour import Identity, behaviour_of, identity_from

_ROOT = Path(__file__).parents[2]

log = logging.getLogger(__name__)
_RUNNING = "running"


class InstanceProcess:
    """One instance from the end of its boot to its end. It ends when this process does."""

    def __init__(self, identity: Identity, port: int, certificate: Path) -> None:
        self.identity = identity
        self._certificate = certificate
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
            str(self._certificate),
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


@dataclass(frozen=True, slots=True)
class ServedInstance:
    """An instance that has a process now."""

    identity: Identity
    port: int
    """The loopback port."""
    pid: int


class InstanceFleet:
    """Starts an instance when it has booted, and ends it when it is gone from the control plane.

    The control plane keeps an instance until its deregistration delay is over, so it serves until
    then. One that ends by itself is not started again: replacing it is the group's business.

    Args:
        boot_seconds: From an instance's launch to the start of its application.
        port_of: The loopback port of an instance, by its id.
        changed: Called in the event loop when an instance began or ceased to serve.
        certificate: A file with the certificate of every instance and its key, in PEM.
    """

    def __init__(
        self,
        boot_seconds: float,
        port_of: Callable[[str], int],
        changed: Callable[[], None],
        certificate: Path,
    ) -> None:
        self._certificate = certificate
        self._boot_seconds = boot_seconds
        self._port_of = port_of
        self._changed = changed
        self._identities: dict[str, Identity] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._processes: dict[str, InstanceProcess] = {}

    @property
    def served(self) -> list[ServedInstance]:
        """Every instance with a process."""
        found: list[ServedInstance] = []
        for instance_id, process in self._processes.items():
            if (pid := process.pid) is not None:
                found.append(ServedInstance(process.identity, self._port_of(instance_id), pid))
        return found

    def serves_on(self, instance_id: str, port: int) -> bool:
        """Whether that instance's application is the one that would listen on `port`."""
        identity = self._identities.get(instance_id)
        return identity is not None and identity.port in (None, port)

    def follow(self, instances: Iterable[TopologyInstance]) -> None:
        """Have a process for each of `instances` that runs, and for no other."""
        wanted = {i.instance_id: i for i in instances if i.state == _RUNNING and i.build}
        for instance_id in set(self._tasks) - set(wanted):
            self._tasks.pop(instance_id).cancel()
            del self._identities[instance_id]
        for instance_id, instance in wanted.items():
            if instance_id not in self._tasks:
                identity = identity_from(instance_id, instance.build or "", instance.user_data)
                self._identities[instance_id] = identity
                life = self._live(identity, instance.launched_at)
                self._tasks[instance_id] = asyncio.create_task(life)

    async def close(self) -> None:
        """End every process."""
        tasks = list(self._tasks.values())
        self.follow([])
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _live(self, identity: Identity, launched_at: float) -> None:
        boot_seconds = self._boot_seconds * behaviour_of(identity.build).boot_factor
        await asyncio.sleep(max(0.0, launched_at + boot_seconds - time.time()))
        process = InstanceProcess(identity, self._port_of(identity.instance_id), self._certificate)
        self._processes[identity.instance_id] = process
        try:
            await process.start()
            self._changed()
            code = await process.wait()
            log.warning(
                "instance %s (%s) ended with %s", identity.instance_id, identity.build, code
            )
        finally:
            await process.stop()
            del self._processes[identity.instance_id]
            self._changed()
