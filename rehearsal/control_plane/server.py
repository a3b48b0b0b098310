"""Serves the control plane over HTTP on loopback, with connections kept alive."""

from __future__ import annotations

from typing import Any

from waitress.server import create_server

from rehearsal.control_plane.application import Application
from rehearsal.control_plane.plane import ControlPlane

HOST = "127.0.0.1"
THREADS = 8
"""Requests are answered one at a time anyway; the others of these read and write meanwhile."""


class Server:
    """The HTTP server of one control plane, bound as soon as it is made."""

    def __init__(self, plane: ControlPlane, port: int = 0) -> None:
        self._server: Any = create_server(
            Application(plane),
            host=HOST,
            port=port,
            threads=THREADS,
            ident=None,
            max_request_body_size=64 * 1024 * 1024,
        )

    @property
    def port(self) -> int:
        """The port that it is bound to."""
        return int(self._server.effective_port)

    @property
    def url(self) -> str:
        """Where a client finds it."""
        return f"http://{HOST}:{self.port}"

    def run(self) -> None:
        """Serve until `close`."""
        self._server.run()

    def close(self) -> None:
        """Stop serving."""
        self._server.close()
