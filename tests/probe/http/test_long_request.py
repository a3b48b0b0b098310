from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from probe.fault import Phase, RequestFault
from probe.options.run_options import RunOptions
from probe.options.target import ProbeTarget
from probe.record.line import Line, Mode, RequestLine, RequestOutcome
from probe.run.prober import Prober
from tests.probe import faults
from tests.probe.fault_server import FaultServer, Script, Visit, fault_server
from tests.probe.probing import Probed, options_for, probed


def long_options(server: FaultServer, long_s: float, duration_s: float | None = None) -> RunOptions:
    options = replace(options_for(server.url(), rate_per_s=1.0), duration_s=duration_s)
    long_target = ProbeTarget.parse(server.url("/long"))
    return replace(options, long_s=long_s, long_targets=(long_target,), timeout_s=5.0)


def stop_after(count: int) -> Callable[[Prober, Line], None]:
    """Ends the run when so many long requests have ended."""
    ended: list[RequestLine] = []

    def watch(prober: Prober, line: Line) -> None:
        if isinstance(line, RequestLine) and line.mode is Mode.LONG:
            ended.append(line)
            if len(ended) == count:
                prober.stop("enough")

    return watch


def played(script: Script, long_s: float, count: int = 1) -> list[RequestLine]:
    """Only the long requests, until `count` of them have ended."""

    async def long_alone(visit: Visit) -> None:
        await (script if visit.path == "/long" else faults.good)(visit)

    async def play() -> Probed:
        async with fault_server(long_alone) as server:
            return await probed(long_options(server, long_s), stop_after(count))

    return asyncio.run(play()).of(Mode.LONG)


async def megabyte(visit: Visit) -> None:
    visit.answer(200, b"x" * (1 << 20), "X-Slot: 01")


def test_a_download_is_read_no_faster_than_so_that_it_lasts_as_long_as_asked_for() -> None:
    (line, *_) = played(megabyte, long_s=0.5)

    assert (line.verdict, line.phase, line.bytes) == (RequestOutcome.OK, Phase.DONE, 1 << 20)
    assert line.latency_ms > 450
    assert line.slot == "01"


def test_a_long_request_that_is_cut_is_a_failure_at_the_moment_of_the_cut() -> None:
    async def cut(visit: Visit) -> None:
        visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
        visit.close()

    (line, *_) = played(cut, long_s=1.0)

    assert (line.error, line.phase) == (RequestFault.BODY_CUT, Phase.BODY)
    # On a machine that is too busy the prober excuses it by a stall of its own, as it should.
    assert line.verdict is (RequestOutcome.EXCLUDED if line.stall_ms else RequestOutcome.FAILED)


def test_a_stream_that_still_flows_when_its_time_is_over_was_well() -> None:
    async def endless(visit: Visit) -> None:
        visit.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not visit.writer.is_closing():
            visit.write(b"5\r\ntick\n\r\n")
            await asyncio.sleep(0.01)

    async def play() -> Probed:
        async with fault_server(endless) as server:
            options = replace(long_options(server, 0.2), timeout_s=0.3, max_body_bytes=1 << 30)
            return await probed(options, stop_after(1))

    (line, *_) = asyncio.run(play()).of(Mode.LONG)

    assert (line.verdict, line.error) == (RequestOutcome.OK, None)
    assert "then closed by us" in (line.detail or "")


def test_a_silence_in_the_body_longer_than_the_timeout_is_a_failure() -> None:
    async def silent_stream(visit: Visit) -> None:
        visit.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntick\n\r\n")
        await faults.silent(visit)

    async def play() -> Probed:
        async with fault_server(silent_stream) as server:
            options = replace(long_options(server, 60.0), timeout_s=0.2)
            return await probed(options, stop_after(1))

    (line, *_) = asyncio.run(play()).of(Mode.LONG)

    assert (line.error, line.phase) == (RequestFault.BODY_TIMEOUT, Phase.BODY)


def test_a_long_request_that_is_open_when_the_run_ends_was_well_until_then() -> None:
    async def play() -> Probed:
        async with fault_server(megabyte) as server:
            return await probed(long_options(server, 60.0, duration_s=0.3))

    lines = asyncio.run(play()).of(Mode.LONG)

    assert [(line.verdict, line.detail) for line in lines] == [
        (RequestOutcome.OK, "open and well when the run ended")
    ]


def test_a_long_request_with_an_unexpected_status_is_that() -> None:
    (line, *_) = played(faults.bad_gateway, long_s=1.0)

    assert (line.error, line.status) == (RequestFault.UNEXPECTED_STATUS, 502)
