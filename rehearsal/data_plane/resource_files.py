"""The files that Envoy watches: written by renaming, in an order that never breaks a request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rehearsal.data_plane.rendering import EnvoyConfiguration, Resource

LISTENERS = "listeners.json"
CLUSTERS = "clusters.json"


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


def _port(listener: Mapping[str, Any]) -> int:
    return int(listener["address"]["socket_address"]["port_value"])
