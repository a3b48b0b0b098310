"""The data plane's end of its link to the control plane."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from rehearsal.control_plane.topology import Topology, decoded


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
