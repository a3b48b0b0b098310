"""Serves a WSGI application over HTTP on loopback, with connections kept alive."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from waitress.server import create_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"
THREADS = 64
"""Requests are answered one at a time anyway; the others of these read and write meanwhile, wait
for the next topology, or are silent because a test wants them so."""

CONNECTIONS = 10_000
"""Kept-alive ones that nobody uses at the moment count too: each client of AWS holds up to ten. At
its limit, a hundred by default, the server leaves every new one unanswered; AWS has no such limit.
"""

WAKE_SECONDS = 30


class Server:
    """An HTTP server, bound to its port as soon as it is made."""

    def __init__(self, application: WSGIApplication, port: int = 0) -> None:
        self._server: Any = create_server(
            application,
            host=HOST,
            port=port,
            threads=THREADS,
            ident=None,
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,  # select() takes no file descriptor above 1,023
            max_request_body_size=64 * 1024 * 1024,
        )
        self._closing = threading.Event()

    @property
    def port(self) -> int:
        """The port that it is bound to."""
        return int(self._server.effective_port)

    @property
    def url(self) -> str:
        """Where a client finds it."""
        return f"http://{HOST}:{self.port}"

    def run(self) -> None:
        """Serve until `close`, and close the sockets in this thread, which waits on them."""
        server = self._server
        while not self._closing.is_set():
            server.asyncore.loop(
                timeout=WAKE_SECONDS,
                map=server._map,
                use_poll=server.adj.asyncore_use_poll,
                count=1,
            )
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(server._map)

    def close(self) -> None:
        """End `run`, which closes everything as it returns."""
        self._closing.set()
        self._server.pull_trigger()
