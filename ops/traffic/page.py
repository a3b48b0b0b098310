"""One request and its whole answer, by the same way that the traffic takes."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from ops.traffic.plan import ConnectionRoute, place_of
from probe.options.target import host_and_port

MAX_BODY_BYTES = 1 << 20


class PageError(Exception):
    """No whole answer came."""


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    """By lower-case names."""
    body: str
    """Its first megabyte; what is no UTF-8 in it is replaced."""


def fetched(
    url: str, way: ConnectionRoute, headers: Mapping[str, str], timeout_seconds: float
) -> PageAnswer:
    """Get a URL on a connection of its own; redirects are answers like others.

    Raises:
        PageError: no connection, or an answer that does not end well.
    """
    parts = urlsplit(way.url(url))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with closing(_connection(url, way, timeout_seconds)) as connection:
            connection.request("GET", path, headers={"User-Agent": "failover-ramp", **headers})
            response = connection.getresponse()
            body = response.read(MAX_BODY_BYTES)
            # A read of so many bytes takes what there is, and says nothing where that is too few.
            if response.length and len(body) < MAX_BODY_BYTES:
                raise http.client.IncompleteRead(body, response.length)
    except (OSError, http.client.HTTPException) as error:
        raise PageError(f"{url}: {type(error).__name__}: {error}") from error
    named = {name.lower(): value for name, value in response.getheaders()}
    return PageAnswer(response.status, named, body.decode(errors="replace"))


def _connection(
    url: str, way: ConnectionRoute, timeout_seconds: float
) -> http.client.HTTPConnection:
    to = way.url(url)
    host, port = place_of(to)
    place = host_and_port(way.overrides([to]).get((host, port), (host,))[0], port)
    is_plain = urlsplit(to).scheme == "http"
    context = None if is_plain else ssl.create_default_context(cafile=way.ca_file)
    return _To(host, port, place, context, timeout_seconds)


class _To(http.client.HTTPConnection):
    """To an address, whatever the host's name is."""

    def __init__(
        self,
        host: str,
        port: int,
        place: tuple[str, int],
        context: ssl.SSLContext | None,
        timeout: float,
    ) -> None:
        super().__init__(host, port, timeout=timeout)
        # By which it leaves the port out of Host, as a browser does.
        self.default_port = http.client.HTTP_PORT if context is None else http.client.HTTPS_PORT
        self._place = place
        self._context = context

    def connect(self) -> None:
        """Open the connection, and speak TLS on it where that is asked for."""
        plain = socket.create_connection(self._place, self.timeout)
        if self._context is None:
            self.sock = plain
        else:
            self.sock = self._context.wrap_socket(plain, server_hostname=self.host)
