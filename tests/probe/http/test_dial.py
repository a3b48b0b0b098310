from __future__ import annotations

import asyncio
from typing import Any

import pytest

from probe.http.connection import Connection
from probe.http.dial import Dialer, Dialing, Lookup
from probe.options.target import Origin
from probe.timing.clock import SystemProbeClock


async def _cut_while_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    clock = SystemProbeClock()
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    dialer = Dialer(clock, Lookup(clock, {}), None)

    async def made_and_never_told(factory: Any, **given: Any) -> Any:
        """A connection that was made, and then cancelled without a word, as uvloop does."""
        connection: Connection = factory()
        connection.connection_made(asyncio.Transport())
        given["sock"].close()
        raise asyncio.CancelledError

    monkeypatch.setattr(loop, "create_connection", made_and_never_told)
    with pytest.raises(asyncio.CancelledError):
        await dialer.open(Origin("127.0.0.1", port, is_tls=False), Dialing())
    async with asyncio.timeout(5):
        await dialer.close()
    server.close()
    await server.wait_closed()


def test_a_connection_that_was_cut_while_it_opened_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asyncio.run(_cut_while_opening(monkeypatch))
