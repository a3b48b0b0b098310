"""What the traffic is to be: handed to its process as one line of JSON, secrets included."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ops.traffic.answer import SlotStream


@dataclass(frozen=True, slots=True)
class ConnectionRoute:
    """How the load balancer is reached where a plain look-up of the name would not do.

    A rehearsal's listens on a loopback port and has a certificate of its own authority.
    """

    address: str | None = None
    """`127.0.0.1:34567`; None: by DNS."""
    ca_file: str | None = None
    is_beside: bool = False
    """Whether the address is only where to connect: the URL keeps its host and port, and so do TLS
    and the request. Else the URL's port is the address's."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> ConnectionRoute:
        """From the variables of `failover rehearse env`; plain DNS if they are not set."""
        return cls(environ.get("FAILOVER_HTTPS_ADDRESS"), environ.get("FAILOVER_CA_FILE"))

    def url(self, url: str) -> str:
        """The URL with the port at which it is reached."""
        if self.address is None or self.is_beside:
            return url
        parts = urlsplit(url)
        port = self.address.rpartition(":")[2]
        return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{port}"))

    def overrides(self, urls: list[str]) -> dict[tuple[str, int], tuple[str, ...]]:
        """Host and port of each URL to the addresses to connect to instead of asking DNS."""
        if self.address is None:
            return {}
        if self.is_beside:
            return {place_of(url): (self.address,) for url in urls}
        host, _, port = self.address.rpartition(":")
        hosts = (urlsplit(url).hostname or "" for url in urls)
        return {(name, int(port)): (host.strip("[]"),) for name in hosts}


def place_of(url: str) -> tuple[str, int]:
    """Host and port of a URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)


NO_SLOT_HEADER = "x-no-slot-header"
"""The prober wants a name; this one stands for a header that no answer has."""


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """Who is asked, how often, and where the record goes."""

    urls: Mapping[str, str]
    """Service -> URL."""
    headers: Mapping[SlotStream, str]
    """`Name: value` that leads a stream to its slot; secret. A stream without one is `USERS`."""
    rate_per_second: float
    """Of each stream to each service."""
    folder: Path
    """Gets a record per stream: `users.jsonl`, `slot-01.jsonl`, `slot-02.jsonl`."""
    route: ConnectionRoute
    routes: Mapping[str, ConnectionRoute] = field(default_factory=dict[str, ConnectionRoute])
    """Of the services that have a route of their own instead of `route`."""
    request_headers: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, Mapping[str, str]]
    )
    """Of the services whose rule asks for headers: their names and values."""
    behind_a_login: tuple[str, ...] = ()
    """The services whose load balancer answers a request without a session itself."""
    slot_header: str = "x-slot"
    build_header: str = "x-build"
    timeout_seconds: float = 5.0

    def requested(self) -> dict[str, str]:
        """Service -> URL as it is requested.

        The rules of two services may differ by a header alone: their one URL then gets the name of
        the service as its fragment, which is never sent, so that the record keeps them apart.
        """
        urls = {name: self._route_to(name).url(url) for name, url in self.urls.items()}
        times = Counter(urls.values())
        return {name: url if times[url] == 1 else f"{url}#{name}" for name, url in urls.items()}

    def overrides(self) -> dict[tuple[str, int], tuple[str, ...]]:
        """Host and port of each URL to what to connect to instead of asking DNS."""
        found: dict[tuple[str, int], tuple[str, ...]] = {}
        for name, url in self.requested().items():
            found |= self._route_to(name).overrides([url])
        return found

    def _route_to(self, service: str) -> ConnectionRoute:
        return self.routes.get(service, self.route)

    def text(self) -> str:
        """One line of JSON, without its end."""
        plain = asdict(self) | {"folder": str(self.folder), "urls": dict(self.urls)}
        return json.dumps(plain | {"headers": {k.value: v for k, v in self.headers.items()}})

    @classmethod
    def parse(cls, text: str) -> TrafficPlan:
        """Read `text()` back."""
        plain = json.loads(text)
        plain["headers"] = {SlotStream(name): value for name, value in plain["headers"].items()}
        routes = {name: ConnectionRoute(**each) for name, each in plain["routes"].items()}
        route = ConnectionRoute(**plain["route"])
        plain["behind_a_login"] = tuple(plain["behind_a_login"])
        return cls(**plain | {"folder": Path(plain["folder"]), "route": route, "routes": routes})
