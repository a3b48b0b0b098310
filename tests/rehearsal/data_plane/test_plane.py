"""The link to the control plane outlives connections that were idle for too long."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator

import pytest

from rehearsal.data_plane.plane import ControlPlaneLink

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class ClosingServer:
    """Answers one request a connection, and then closes it without having said so."""

    def __init__(self) -> None:
        self.requests = 0
        self.closed = threading.Semaphore(0)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                if connection.recv(65536):
                    self.requests += 1
                    connection.sendall(ANSWER)
            self.closed.release()


@pytest.fixture
def server() -> Generator[ClosingServer]:
    server = ClosingServer()
    yield server
    server.close()


def test_a_connection_that_was_closed_while_idle_is_opened_again(server: ClosingServer) -> None:
    link = ControlPlaneLink(server.endpoint)
    link.report({"listeners": []})
    assert server.closed.acquire(timeout=60)

    link.report({"listeners": []})
    link._connection.close()  # pyright: ignore[reportPrivateUsage]

    assert server.requests == 2


def test_a_slow_control_plane_is_waited_for() -> None:
    """A limit ended the whole load balancer on a machine that was busy for a minute."""
    link = ControlPlaneLink("http://127.0.0.1:1")

    assert link._connection.timeout is None  # pyright: ignore[reportPrivateUsage]


def test_a_control_plane_that_is_gone_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(ConnectionRefusedError):
        ControlPlaneLink(f"http://127.0.0.1:{port}").report({"listeners": []})
