"""The tests' own server leaves nothing open, whenever it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket

import pytest

from tests.probe.fault_server import fault_server
from tests.probe.faults import good


@pytest.mark.parametrize("turns", range(6))
def test_a_connection_that_comes_as_the_server_ends_is_closed(turns: int) -> None:
    """Its task has not run yet, or only begun: an open socket would fail whichever test is next."""

    async def play() -> socket.socket:
        async with fault_server(good) as server:
            client = socket.create_connection(("127.0.0.1", server.port))
            for _ in range(turns):
                await asyncio.sleep(0)
            return client

    with asyncio.run(play()) as client:
        gc.collect()
        client.settimeout(30)
        with contextlib.suppress(ConnectionResetError):  # ended as well
            assert client.recv(1) == b""
