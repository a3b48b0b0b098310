from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from probe.fault import RequestFault
from probe.options.run_options import RunOptions
from probe.options.target import ProbeTarget
from probe.record.line import Line, Mode, RequestLine, RequestOutcome
from probe.run.prober import Prober
from tests.probe import faults
from tests.probe.fault_server import fault_server
from tests.probe.probing import Probed, options_for, probed

Handler = Callable[[ServerConnection], Awaitable[None]]


def stop_after(method: str, count: int = 1) -> Callable[[Prober, Line], None]:
    """Ends the run when so many lines of this method have come."""
    seen: list[RequestLine] = []

    def watch(prober: Prober, line: Line) -> None:
        if isinstance(line, RequestLine) and line.method == method:
            seen.append(line)
            if len(seen) == count:
                prober.stop("enough")

    return watch


def options_with(websocket_port: int, http_url: str) -> RunOptions:
    options = replace(options_for(http_url, rate_per_s=1.0), duration_s=None, timeout_s=2.0)
    target = ProbeTarget.parse(f"ws://127.0.0.1:{websocket_port}/ws", schemes=("ws",))
    return replace(options, websocket_targets=(target,))


def name_the_slot(_: ServerConnection, __: Request, response: Response) -> Response:
    response.headers["X-Slot"] = "02"
    return response


def played(handler: Handler, watch: Callable[[Prober, Line], None]) -> list[RequestLine]:
    async def play() -> Probed:
        async with (
            serve(handler, "127.0.0.1", 0, process_response=name_the_slot) as sockets,
            fault_server(faults.good) as server,
        ):
            port = next(iter(sockets.sockets)).getsockname()[1]
            return await probed(options_with(port, server.url()), watch)

    return asyncio.run(play()).of(Mode.WEBSOCKET)


async def well(connection: ServerConnection) -> None:
    await connection.wait_closed()


def test_a_websocket_is_opened_pinged_and_held_until_the_run_ends() -> None:
    lines = played(well, stop_after("PING"))

    assert [line.method for line in lines] == ["OPEN", "PING", "HOLD"]
    assert {(line.verdict, line.slot) for line in lines} == {(RequestOutcome.OK, "02")}
    assert lines[0].status == 101
    assert lines[-1].detail == "open and well when the run ended"


def test_a_websocket_that_the_server_closes_is_a_failure_and_is_opened_again() -> None:
    async def close_at_once(connection: ServerConnection) -> None:
        await connection.close(1001, "going away")

    lines = played(close_at_once, stop_after("OPEN", 2))

    assert [line.method for line in lines[:3]] == ["OPEN", "HOLD", "OPEN"]
    assert (lines[1].verdict, lines[1].error) == (
        RequestOutcome.FAILED,
        RequestFault.WEBSOCKET_CLOSED,
    )
    assert lines[1].detail == "the server closed it with code 1001 (going away)"


def test_a_websocket_that_breaks_without_a_close_frame_says_so() -> None:
    async def drop(connection: ServerConnection) -> None:
        connection.transport.abort()

    lines = played(drop, stop_after("HOLD"))

    assert lines[1].detail == "the connection broke without a close frame"


def test_a_server_that_sends_much_does_not_keep_the_pongs_from_us() -> None:
    async def chatter(connection: ServerConnection) -> None:
        with contextlib.suppress(Exception):
            for _ in range(200):
                await connection.send("x" * 1000)
            await connection.wait_closed()

    lines = played(chatter, stop_after("PING"))

    assert {line.verdict for line in lines} == {RequestOutcome.OK}


def test_a_server_that_refuses_the_upgrade_is_its_own_class() -> None:
    async def play() -> Probed:
        async with fault_server(faults.not_found) as server:
            return await probed(options_with(server.port, server.url()), stop_after("OPEN"))

    lines = asyncio.run(play()).of(Mode.WEBSOCKET)

    assert {(line.error, line.status) for line in lines} == {(RequestFault.WEBSOCKET_REFUSED, 404)}


def test_a_redirect_of_the_upgrade_is_refused_and_not_followed() -> None:
    async def away(visit: faults.Visit) -> None:
        visit.answer(302, b"", "Location: ws://127.0.0.1:1/")

    async def play() -> Probed:
        async with fault_server(away) as server:
            return await probed(options_with(server.port, server.url()), stop_after("OPEN"))

    lines = asyncio.run(play()).of(Mode.WEBSOCKET)

    assert {line.error for line in lines} == {RequestFault.WEBSOCKET_REFUSED}
