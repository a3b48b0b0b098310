"""The data plane as a whole: follows the control plane, drives Envoy, checks, starts instances.

What it sees goes back to the control plane: health, and where everything is.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import time
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rehearsal.account import self_signed_certificate
from rehearsal.control_plane.topology import PortOf, Topology, decoded, each_listener
from rehearsal.data_plane.addresses import Addresses
from rehearsal.data_plane.envoy import Envoy, ResourceFiles
from rehearsal.data_plane.health_checks import CheckedHealth, Checker
from rehearsal.data_plane.rendering import render, used_target_groups
from rehearsal.data_plane.traffic_tally import (
    STATS_PATH,
    Connections,
    Owners,
    TrafficTally,
    owners_of,
    parsed,
)
from rehearsal.instances.fleet import InstanceFleet, ServedInstance

TargetKey = tuple[str, str, int]

log = logging.getLogger(__name__)
CA_FILE = "ca.pem"
INSTANCE_CERTIFICATE = "instance.pem"
"""Of every instance, with its key."""
TRAFFIC_SECONDS = 0.5
"""How often the traffic is reported to the control plane."""

CONNECTIONS_SECONDS = 5.0
"""How often the connections are counted."""


def report(
    health: Mapping[TargetKey, CheckedHealth],
    topology: Topology,
    port_of: PortOf,
    served: Iterable[ServedInstance],
) -> dict[str, Any]:
    """The whole view, as JSON can hold it."""
    return {
        "targets": [_target(key, checked) for key, checked in health.items()],
        "listeners": [
            {
                "loadBalancer": balancer.name,
                "arn": listener.arn,
                "protocol": listener.protocol,
                "port": listener.port,
                "loopbackPort": port_of(balancer, listener),
            }
            for balancer, listener in each_listener(topology)
        ],
        "instances": [
            {
                "instanceId": instance.identity.instance_id,
                "build": instance.identity.build,
                "service": instance.identity.service,
                "slot": instance.identity.slot,
                "loopbackPort": instance.port,
                "pid": instance.pid,
            }
            for instance in served
        ],
    }


def _target(key: TargetKey, checked: CheckedHealth) -> dict[str, Any]:
    arn, target_id, port = key
    return {
        "targetGroupArn": arn,
        "targetId": target_id,
        "port": port,
        "checksBegan": checked.began,
        "state": checked.state.value,
        "since": checked.since,
        "reason": checked.reason,
        "description": checked.description,
    }


@dataclass(frozen=True, slots=True)
class DataPlaneSettings:
    """How the data plane is to be."""

    endpoint: str
    folder: Path
    """Absolute; where Envoy's files and the CA file are."""
    boot_seconds: float
    propagation_seconds: float = 0.0
    """How much later than the control plane the proxy changes."""


class DataPlane:
    """Carries the traffic of one control plane."""

    def __init__(self, settings: DataPlaneSettings) -> None:
        self._settings = settings
        self._dirty = asyncio.Event()
        self._fleet = InstanceFleet(
            settings.boot_seconds,
            self._port_of_instance,
            self._dirty.set,
            settings.folder / INSTANCE_CERTIFICATE,
        )
        self.addresses = Addresses(self._fleet.serves_on)
        self._checker = Checker(self._dirty.set)
        self._envoy = Envoy(settings.folder)
        self._files = ResourceFiles(settings.folder)
        self._topology = Topology()
        self._reported: dict[str, Any] | None = None
        self._tally = TrafficTally()
        self._connections = Connections()
        self._connections_looked_at = 0.0
        self._owners: Owners = {}
        self._tasks: list[asyncio.Task[Any]] = []

    async def start(self) -> None:
        """Start the proxy; there is nothing to carry yet."""
        (self._settings.folder / CA_FILE).write_text("")
        certificate = self._settings.folder / INSTANCE_CERTIFICATE
        certificate.touch(0o600)
        # By another name than any client asks for: a load balancer verifies nothing of it.
        certificate.write_bytes(b"".join(self_signed_certificate(["instance.invalid"])))
        await self._envoy.start()

    async def run(self) -> None:
        """Follow the control plane for ever.

        Raises:
            OSError: the control plane is gone.
            EnvoyError: Envoy does not follow.
        """
        parts: list[Coroutine[Any, Any, Any]] = [
            self._follow(),
            self._work(),
            self._count(),
            self._tell_traffic(),
            self._envoy.wait(),
        ]
        self._tasks = [asyncio.create_task(part) for part in parts]
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in self._tasks:
            task.cancel()
        for task in done:
            log.error("a part of the data plane ended with %s", task.result())

    async def close(self) -> None:
        """End everything that was started."""
        for task in self._tasks:
            task.cancel()
        await self._checker.close()
        await self._fleet.close()
        await self._envoy.stop()

    def _port_of_instance(self, instance_id: str) -> int:
        return self.addresses.of_instance(instance_id)

    async def _follow(self) -> None:
        link = ControlPlaneLink(self._settings.endpoint)
        loop = asyncio.get_running_loop()
        while True:
            topology = await asyncio.to_thread(link.next_topology)
            self.addresses.follow_instances(topology.instances)
            self._fleet.follow(topology.instances)
            if self._settings.propagation_seconds:
                loop.call_later(self._settings.propagation_seconds, self._take, topology)
            else:
                self._take(topology)

    def _take(self, topology: Topology) -> None:
        self._topology = topology
        self._dirty.set()

    async def _work(self) -> None:
        """Bring Envoy to where the topology and the health are, then report it."""
        link = ControlPlaneLink(self._settings.endpoint)
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            topology = self._topology
            self.addresses.follow_listeners(topology)
            self.addresses.follow_firewall(topology)
            used = used_target_groups(topology)
            self._checker.follow(used, self.addresses.of_target)
            self._write_ca(topology)
            port_of = self.addresses.of_listener
            self._owners = owners_of(topology, port_of)
            await self._files.apply(
                render(
                    topology,
                    self._settings.folder,
                    port_of,
                    self.addresses.is_open,
                    self.addresses.of_target,
                    self._checker.is_healthy,
                ),
                self._envoy,
            )
            self.addresses.silence_closed_listeners(topology)
            seen = report(self._checker.health, topology, port_of, self._fleet.served)
            if seen != self._reported:
                await asyncio.to_thread(link.report, seen)
                self._reported = seen

    async def _count(self) -> None:
        """Count every request as the proxy logs it, until the proxy ends."""
        async for line in self._envoy.access_log():
            self._tally.add(parsed(line))

    async def _tell_traffic(self) -> None:
        """Report what was counted to the control plane, now and then."""
        link = ControlPlaneLink(self._settings.endpoint)
        while True:
            await asyncio.sleep(TRAFFIC_SECONDS)
            tallies = [*self._tally.taken(), *await self._connections_seen()]
            if tallies:
                await asyncio.to_thread(link.tell_traffic, tallies)

    async def _connections_seen(self) -> list[dict[str, Any]]:
        """Report the connections, now and then."""
        now = time.time()
        if now < self._connections_looked_at + CONNECTIONS_SECONDS:
            return []
        self._connections_looked_at = now
        stats = await self._envoy.ask(STATS_PATH)
        return self._connections.seen(stats, self._owners, now)

    def _write_ca(self, topology: Topology) -> None:
        """Write the certificates that a client must trust, where they differ."""
        file = self._settings.folder / CA_FILE
        text = "".join(f"{c.certificate.strip()}\n{c.chain}" for c in topology.certificates)
        if file.read_text() != text:
            draft = file.with_suffix(".draft")
            draft.write_text(text)
            draft.replace(file)


class LinkError(Exception):
    """The control plane answered something else than it should."""


class ControlPlaneLink:
    """Asks, and reports to, the control plane at `endpoint`. One thread at a time may use it.

    An answer has no time limit: the proxy serves with what it has while a busy machine's control
    plane is slow, and the end of the control plane closes the connection.
    """

    def __init__(self, endpoint: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=None)
        self._revision = -1

    def next_topology(self) -> Topology:
        """Wait for a topology that is newer than the last one.

        Raises:
            OSError: the control plane is gone.
            LinkError: it answered with an error.
        """
        while True:
            status, body = self._ask("GET", f"/_rehearsal/topology?after={self._revision}")
            if status == http.client.NO_CONTENT:
                continue
            answer: dict[str, Any] = json.loads(body)
            self._revision = int(answer["revision"])
            return decoded(answer["topology"])

    def report(self, report: dict[str, Any]) -> None:
        """Report to the control plane what the data plane sees.

        Raises:
            OSError: the control plane is gone.
            LinkError: it answered with an error.
        """
        self._ask("PUT", "/_rehearsal/report", json.dumps(report))

    def tell_traffic(self, tallies: list[dict[str, Any]]) -> None:
        """Report to the control plane what was counted since the last time.

        Raises:
            OSError: the control plane is gone.
            LinkError: it answered with an error.
        """
        self._ask("POST", "/_rehearsal/traffic", json.dumps(tallies))

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        """Ask, on a new connection where the server has closed this one for being idle."""
        try:
            return self._asked(method, path, body)
        except (ConnectionError, http.client.RemoteDisconnected):
            self._connection.close()
        try:
            return self._asked(method, path, body)
        except http.client.RemoteDisconnected as error:
            raise LinkError(f"{method} {path}: {error!r}") from error

    def _asked(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        try:
            self._connection.request(method, path, body)
            with self._connection.getresponse() as response:
                answer = response.read()
        except http.client.RemoteDisconnected:
            raise
        except http.client.HTTPException as error:
            raise LinkError(f"{method} {path}: {error!r}") from error
        if response.status not in (http.client.OK, http.client.NO_CONTENT):
            raise LinkError(f"{method} {path}: {response.status} {answer.decode(errors='replace')}")
        return response.status, answer
