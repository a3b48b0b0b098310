"""The server of the local AWS, beyond what one client asks of it."""

from __future__ import annotations

import contextlib
import http.client
import socket
from urllib.parse import urlsplit

MANY = 300
"""Three times what the server takes by default."""


def test_connections_that_nobody_uses_keep_no_client_out(endpoint: str) -> None:
    """A client keeps ten of them; a load balancer, a ramp, a watch and a browser have some each."""
    host, port = str(urlsplit(endpoint).hostname), int(urlsplit(endpoint).port or 0)
    with contextlib.ExitStack() as idle:
        for _ in range(MANY):
            idle.enter_context(socket.create_connection((host, port), timeout=30))

        connection = http.client.HTTPConnection(host, port, timeout=30)
        idle.callback(connection.close)
        connection.request("GET", "/nowhere")
        answer = connection.getresponse().read()

    assert answer
