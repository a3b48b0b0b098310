"""A client of the rehearsed load balancer: HTTPS with the CA, for any host name."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str

    def __getitem__(self, header: str) -> str | None:
        return self.headers.get(header.lower())


class Connection(http.client.HTTPSConnection):
    """A kept-alive HTTPS connection to a loopback port, for any host name."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(host, 443, timeout=15)
        self._port = port
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=15)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._tls.wrap_socket(plain, server_hostname="www.example.test")

    def get(
        self, path: str = "/", headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Answer:
        return self.rest_of(self.begin(path, headers, method))

    def begin(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> http.client.HTTPResponse:
        """Make a request, and return when the head of its answer is there."""
        self.request(method, path, headers=dict(headers or {}))
        return self.getresponse()

    def rest_of(self, response: http.client.HTTPResponse) -> Answer:
        """The whole of an answer that has begun."""
        with response:
            body = response.read().decode("latin-1")
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body)
