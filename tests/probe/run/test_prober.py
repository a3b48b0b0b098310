"""The run itself, against real sockets on loopback."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from probe.fault import Phase, RequestFault
from probe.options.request import Header
from probe.record.line import EndLine, Line, Mode, RequestLine, RequestOutcome, RunLine
from probe.run.prober import Prober
from probe.timing.clock import SystemProbeClock
from tests.probe import faults
from tests.probe.certificates import make_certificates
from tests.probe.fault_server import Visit, fault_server
from tests.probe.probing import Probed, options_for, prepared, probed


def test_every_planned_request_has_one_line_between_the_run_and_the_end() -> None:
    async def play() -> Probed:
        async with fault_server(faults.good) as server:
            return await probed(options_for(server.url()))

    run = asyncio.run(play())

    assert isinstance(run.lines[0], RunLine)
    assert isinstance(run.lines[-1], EndLine)
    assert sorted(line.seq for line in run.requests) == list(range(40))
    modes = [line.mode for line in sorted(run.requests, key=lambda line: line.seq)]
    assert modes == [Mode.FRESH, Mode.KEPT] * 20
    started_s = run.lines[0].started_s
    for line in run.sent:
        assert line.late_ms >= 0
        assert line.planned_s == pytest.approx(started_s + line.seq / 200, abs=1e-5)
        assert (line.status, line.slot, line.build) == (200, "01", "v1")
        assert line.verdict is RequestOutcome.OK


def test_fresh_requests_each_have_a_connection_and_kept_ones_share_a_few() -> None:
    async def play() -> tuple[Probed, int]:
        async with fault_server(faults.good) as server:
            options = replace(options_for(server.url(), rate_per_s=50), kept_connections=2)
            run = await probed(replace(options, duration_s=0.8))
            return run, server.connections

    run, connections = asyncio.run(play())

    assert {line.reused for line in run.of(Mode.FRESH)} == {0}
    kept = run.of(Mode.KEPT)
    first_uses = sum(line.reused == 0 for line in kept)
    assert connections == len(run.of(Mode.FRESH)) + first_uses
    assert max(line.reused for line in kept) > 1


def test_a_frozen_server_delays_no_request_and_its_whole_freeze_is_in_the_latencies() -> None:
    async def play() -> Probed:
        thaw = asyncio.Event()

        async def frozen(visit: Visit) -> None:
            if visit.total == 59:
                thaw.set()
            await thaw.wait()
            visit.answer()

        async with fault_server(frozen) as server:
            return await probed(replace(options_for(server.url()), duration_s=0.3))

    run = asyncio.run(play())

    by_seq = {line.seq: line.latency_ms for line in run.requests}
    assert len(by_seq) == 60
    assert {line.verdict for line in run.sent} == {RequestOutcome.OK}
    # The last request thaws the server, and it was due 295 ms after the first.
    assert by_seq[0] > 295
    assert by_seq[30] > 145
    assert by_seq[0] > by_seq[30] > by_seq[59]


def test_at_the_cap_a_request_is_not_sent_and_counts_as_lost() -> None:
    async def play() -> Probed:
        thaw = asyncio.Event()

        async def frozen(visit: Visit) -> None:
            await thaw.wait()
            visit.answer()

        capped: list[RequestLine] = []

        def watch(prober: Prober, line: Line) -> None:
            if isinstance(line, RequestLine) and line.error is RequestFault.CAP_REACHED:
                capped.append(line)
                if len(capped) == 30:
                    thaw.set()

        async with fault_server(frozen) as server:
            return await probed(replace(options_for(server.url()), max_in_flight=10), watch)

    run = asyncio.run(play())

    not_sent = [line for line in run.requests if line.error is RequestFault.CAP_REACHED]
    assert len(not_sent) == 30
    assert {(line.phase, line.verdict) for line in not_sent} == {
        (Phase.NONE, RequestOutcome.FAILED)
    }
    assert sum(line.verdict is RequestOutcome.OK for line in run.requests) == 10


def test_a_stop_ends_the_plan_and_waits_for_what_is_in_flight() -> None:
    async def play() -> Probed:
        arrived, thaw = asyncio.Event(), asyncio.Event()

        async def frozen(visit: Visit) -> None:
            arrived.set()
            await thaw.wait()
            visit.answer()

        async with fault_server(frozen) as server:
            run, prober = prepared(replace(options_for(server.url()), duration_s=None))
            running = asyncio.create_task(prober.run())
            await arrived.wait()
            prober.stop("SIGINT")
            thaw.set()
            await running
            return run

    run = asyncio.run(play())

    assert {line.verdict for line in run.sent} == {RequestOutcome.OK}
    assert isinstance(run.lines[-1], EndLine)
    assert run.lines[-1].reason == "SIGINT"


def test_a_cut_ends_at_once_and_judges_nothing_that_was_in_flight() -> None:
    async def play() -> tuple[Probed, int]:
        arrived = asyncio.Event()

        async def silent(visit: Visit) -> None:
            if visit.total == 4:
                arrived.set()
            await faults.silent(visit)

        async with fault_server(silent) as server:
            options = replace(options_for(server.url()), duration_s=None, timeout_s=60.0)
            run, prober = prepared(options)
            running = asyncio.create_task(prober.run())
            await arrived.wait()
            in_flight = prober.in_flight
            prober.cut("SIGINT")
            await running
            return run, in_flight

    run, in_flight = asyncio.run(play())

    assert len(run.requests) == in_flight >= 5
    assert {(line.error, line.verdict) for line in run.requests} == {
        (RequestFault.RUN_ENDED, RequestOutcome.EXCLUDED)
    }


def test_a_request_that_is_cut_before_its_first_step_is_on_record_too() -> None:
    async def play() -> Probed:
        async with fault_server(faults.silent) as server:
            options = options_for(server.url())

            def cut_at_once(prober: Prober, line: Line) -> None:
                if isinstance(line, RunLine):
                    asyncio.get_running_loop().call_later(0.05, cut_after_launch, prober)

            def cut_after_launch(prober: Prober) -> None:
                prober.cut("test")

            return await probed(replace(options, rate_per_s=5000.0, duration_s=None), cut_at_once)

    run = asyncio.run(play())

    assert sorted(line.seq for line in run.requests) == list(range(len(run.requests)))


def test_several_urls_are_probed_in_turn_with_the_users_headers() -> None:
    seen: list[tuple[str, str | None, str | None]] = []

    async def remember(visit: Visit) -> None:
        seen.append((visit.path, visit.header("Authorization"), visit.header("User-Agent")))
        visit.answer()

    async def play() -> Probed:
        async with fault_server(remember) as server:
            options = options_for(server.url("/web"), server.url("/portal"))
            headers = (Header("Authorization", "Bearer s3cret"),)
            return await probed(replace(options, headers=headers, user_agent="honest/1"))

    run = asyncio.run(play())

    assert set(seen) == {(path, "Bearer s3cret", "honest/1") for path in ("/web", "/portal")}
    assert {line.url.rpartition("/")[2] for line in run.sent} == {"web", "portal"}
    assert "s3cret" not in "".join(map(repr, run.lines))


@pytest.mark.parametrize("mode", [Mode.FRESH, Mode.KEPT])
def test_tls_is_verified_by_the_given_ca_for_the_name_of_the_url(
    mode: Mode, tmp_path: Path
) -> None:
    certificates = make_certificates(tmp_path, "www.example.com")
    hosts: list[str | None] = []

    async def remember(visit: Visit) -> None:
        hosts.append(visit.header("Host"))
        visit.answer()

    async def play() -> tuple[Probed, int]:
        async with fault_server(remember, certificates.server_context()) as server:
            options = options_for(server.url(host="www.example.com"), rate_per_s=100)
            options = replace(
                options,
                modes=(mode,),
                ca_file=certificates.ca,
                overrides={("www.example.com", server.port): ("127.0.0.1",)},
            )
            return await probed(options), server.port

    run, port = asyncio.run(play())

    assert {line.verdict for line in run.sent} == {RequestOutcome.OK}
    assert {line.address for line in run.sent} == {f"127.0.0.1:{port}"}
    assert set(hosts) == {f"www.example.com:{port}"}
    assert all(line.tls_ms is not None for line in run.sent if line.reused == 0)


def test_an_address_that_refuses_is_fallen_back_from_and_not_hidden() -> None:
    async def play() -> Probed:
        async with fault_server(faults.good) as server:
            options = options_for(server.url(host="a.example.com"))
            overrides = {("a.example.com", server.port): ("::1", "127.0.0.1")}
            return await probed(replace(options, modes=(Mode.FRESH,), overrides=overrides))

    run = asyncio.run(play())

    assert {line.verdict for line in run.sent} == {RequestOutcome.OK}
    assert {line.fallbacks for line in run.sent} == {1}
    assert run.summary.fallbacks == len(run.sent)


def test_an_ipv6_address_is_probed_like_any_other() -> None:
    async def play() -> Probed:
        async with fault_server(faults.good, host="::1") as server:
            return await probed(options_for(server.url(host="[::1]")))

    run = asyncio.run(play())

    assert {line.verdict for line in run.sent} == {RequestOutcome.OK}
    assert {(line.address or "")[:6] for line in run.sent} == {"[::1]:"}


async def redirect_once(visit: Visit) -> None:
    if visit.path == "/old":
        visit.answer(301, b"", "Location: /new")
    else:
        visit.answer(200, b"new\n")


@pytest.mark.parametrize("follows", [False, True])
def test_a_redirect_is_followed_only_when_asked(*, follows: bool) -> None:
    async def play() -> Probed:
        async with fault_server(redirect_once) as server:
            options = options_for(server.url("/old"))
            return await probed(replace(options, follows_redirects=follows))

    run = asyncio.run(play())

    found = {(line.status, line.redirects, line.error) for line in run.sent}
    assert found == ({(200, 1, None)} if follows else {(301, 0, RequestFault.UNEXPECTED_STATUS)})


def test_a_redirect_that_goes_round_is_its_own_class() -> None:
    async def round_and_round(visit: Visit) -> None:
        visit.answer(302, b"", "Location: /again")

    async def play() -> Probed:
        async with fault_server(round_and_round) as server:
            options = replace(options_for(server.url()), follows_redirects=True)
            return await probed(replace(options, rate_per_s=50.0))

    run = asyncio.run(play())

    assert {line.error for line in run.sent} == {RequestFault.REDIRECT_FAILED}


def test_a_secret_is_not_sent_to_another_origin_that_an_answer_redirects_to() -> None:
    seen: list[str | None] = []

    async def remember(visit: Visit) -> None:
        seen.append(visit.header("Cookie"))
        visit.answer()

    async def play() -> Probed:
        async with fault_server(remember) as other:

            async def away(visit: Visit) -> None:
                visit.answer(302, b"", f"Location: {other.url('/')}")

            async with fault_server(away) as server:
                options = replace(options_for(server.url()), follows_redirects=True)
                return await probed(replace(options, headers=(Header("Cookie", "a=b"),)))

    run = asyncio.run(play())

    assert {line.verdict for line in run.sent} == {RequestOutcome.OK}
    assert set(seen) == {None}


def test_a_head_request_has_no_body() -> None:
    async def play() -> Probed:
        async with fault_server(faults.good) as server:
            return await probed(replace(options_for(server.url()), method="HEAD"))

    run = asyncio.run(play())

    assert {(line.verdict, line.bytes) for line in run.sent} == {(RequestOutcome.OK, 0)}


def test_a_mark_is_written_with_its_time() -> None:
    async def play() -> Probed:
        async with fault_server(faults.good) as server:
            marked: list[int] = []

            def mark_once(prober: Prober, line: Line) -> None:
                if isinstance(line, RequestLine) and line.seq == 20 and not marked:
                    marked.append(line.seq)
                    prober.mark("weights 75/25")

            return await probed(options_for(server.url()), mark_once)

    run = asyncio.run(play())

    (mark,) = run.summary.marks
    assert mark.text == "weights 75/25"
    assert run.summary.started_s < mark.at_s < run.summary.last_s


def test_a_window_holds_every_502_that_the_server_gave_and_no_good_answer_around_it() -> None:
    given: list[tuple[float, bool]] = []

    async def blip(visit: Visit) -> None:
        is_bad = 20 <= visit.total < 24
        given.append((time.time(), is_bad))
        await (faults.bad_gateway if is_bad else faults.good)(visit)

    async def play() -> Probed:
        async with fault_server(blip) as server:
            options = replace(options_for(server.url()), modes=(Mode.FRESH,), timeout_s=60.0)
            return await probed(options)

    run = asyncio.run(play())

    bad = [at_s for at_s, is_bad in given if is_bad]
    (window,) = run.summary.windows
    assert window.start_s <= bad[0]
    assert bad[-1] <= window.end_s
    before = [line.sent_s for line in run.sent if line.seq < 18]
    after = [line.ended_s for line in run.sent if line.seq > 26]
    assert max(before) <= window.start_s
    assert window.end_s <= min(after)


class SleepyClock(SystemProbeClock):
    """The system's clocks on a machine that was suspended for an hour once."""

    slept_s = 0.0

    def since_boot(self) -> float:
        return super().since_boot() + self.slept_s

    def wall(self) -> float:
        return super().wall() + self.slept_s


def test_a_suspended_laptop_is_a_stall_and_no_outage_and_later_times_are_the_wall_clocks() -> None:
    clock = SleepyClock()

    async def play() -> Probed:
        async def suspend_once(visit: Visit) -> None:
            if visit.total == 10:
                clock.slept_s = 3600.0
            visit.answer()

        async with fault_server(suspend_once) as server:
            run, began = Probed(), clock.wall()

            def on_line(line: Line, _: bytes) -> None:
                run.lines.append(line)
                run.summary.add(line)
                if isinstance(line, RequestLine) and line.planned_s > began + 3600:
                    prober.stop("the hour is over")

            # Without a duration: a busy machine may see the hour only once 0.2 s are over.
            prober = Prober(options_for(server.url(), duration_s=None), clock, on_line)
            await prober.run()
            return run

    run = asyncio.run(play())

    slept = [stall for stall in run.stalls if stall.cause == "asleep"]
    assert [round(stall.lost_ms / 1000) for stall in slept] == [3600]
    assert run.summary.total.failed == 0
    last = max(run.requests, key=lambda line: line.seq)
    assert last.planned_s - run.requests[0].planned_s > 3600
    gap = run.summary.longest_gap
    assert gap is not None
    assert gap[1].length_s < 60
    assert run.summary.marks == []
