"""Each fault is its own class, and none stops the prober."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from probe.fault import Phase, RequestFault
from probe.options.request import ExpectedBody
from probe.record.line import Mode, RequestOutcome
from tests.probe import faults
from tests.probe.certificates import make_certificates
from tests.probe.fault_server import Script, closed_port, fault_server
from tests.probe.probing import Probed, options_for, probed

FRESH_FAULTS: dict[str, tuple[Script, RequestFault, Phase]] = {
    "reset in the body": (faults.reset_in_body, RequestFault.RESET_IN_BODY, Phase.BODY),
    "half an answer": (faults.half_an_answer, RequestFault.BODY_CUT, Phase.BODY),
    "huge body": (faults.huge_body, RequestFault.BODY_TOO_LARGE, Phase.BODY),
    "huge body without length": (
        faults.huge_body_without_length,
        RequestFault.BODY_TOO_LARGE,
        Phase.BODY,
    ),
    "502": (faults.bad_gateway, RequestFault.UNEXPECTED_STATUS, Phase.DONE),
    "404": (faults.not_found, RequestFault.UNEXPECTED_STATUS, Phase.DONE),
    "no answer": (faults.no_answer, RequestFault.CLOSED_BEFORE_RESPONSE, Phase.FIRST_BYTE),
    "reset before the answer": (
        faults.reset_before_answer,
        RequestFault.RESET_BEFORE_RESPONSE,
        Phase.FIRST_BYTE,
    ),
    "not HTTP": (faults.not_http, RequestFault.MALFORMED_RESPONSE, Phase.BODY),
    "no answer in time": (faults.silent, RequestFault.RESPONSE_TIMEOUT, Phase.FIRST_BYTE),
    "body not in time": (faults.silent_in_body, RequestFault.BODY_TIMEOUT, Phase.BODY),
}


@pytest.mark.parametrize("name", FRESH_FAULTS)
def test_each_fault_of_an_answer_is_its_own_class_and_the_rest_goes_on(name: str) -> None:
    script, fault, phase = FRESH_FAULTS[name]

    async def play() -> Probed:
        async with fault_server(faults.every(4, script)) as server:
            # Long, since a busy machine's answer is no fault.
            options = replace(options_for(server.url()), modes=(Mode.FRESH,), timeout_s=5.0)
            return await probed(options)

    run = asyncio.run(play())

    assert len(run.requests) == 40
    assert {(line.error, line.phase) for line in run.faults} == {(fault, phase)}
    assert len(run.faults) == len(run.sent) // 4
    assert {line.verdict for line in run.sent if line.error is None} == {RequestOutcome.OK}


def test_a_refused_connection_is_its_own_class() -> None:
    run = asyncio.run(probed(options_for(f"http://127.0.0.1:{closed_port()}/")))

    assert {(line.error, line.phase, line.verdict) for line in run.sent} == {
        (RequestFault.CONNECT_REFUSED, Phase.CONNECT, RequestOutcome.FAILED)
    }
    assert len(run.requests) == 40


def test_a_name_without_an_address_is_its_own_class() -> None:
    run = asyncio.run(probed(options_for("http://no-such-host.invalid/", rate_per_s=20)))

    assert {(line.error, line.phase) for line in run.sent} == {
        (RequestFault.DNS_FAILURE, Phase.DNS)
    }


@pytest.mark.parametrize("mode", [Mode.FRESH, Mode.KEPT])
def test_a_certificate_of_another_host_or_ca_is_its_own_class(mode: Mode, tmp_path: Path) -> None:
    trusted, other = tmp_path / "a", tmp_path / "b"
    trusted.mkdir()
    other.mkdir()
    wrong_host = make_certificates(trusted, "another.example.com")
    wrong_ca = make_certificates(other, "127.0.0.1")

    async def play() -> list[Probed]:
        runs: list[Probed] = []
        for certificates in (wrong_host, wrong_ca):
            async with fault_server(faults.good, certificates.server_context()) as server:
                options = options_for(server.url(), rate_per_s=50)
                options = replace(options, modes=(mode,), ca_file=wrong_host.ca)
                runs.append(await probed(options))
        return runs

    for run in asyncio.run(play()):
        assert {(line.error, line.phase) for line in run.sent} == {
            (RequestFault.TLS_CERTIFICATE, Phase.TLS)
        }


def test_a_server_that_speaks_no_tls_is_its_own_class() -> None:
    def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    async def play() -> Probed:
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await probed(options_for(f"https://127.0.0.1:{port}/", rate_per_s=50))

    run = asyncio.run(play())

    assert {(line.error, line.phase) for line in run.sent} == {(RequestFault.TLS_FAILED, Phase.TLS)}


@pytest.mark.parametrize(
    "script",
    [faults.closes_kept_alive_under_a_request, faults.closes_kept_alive_after_an_answer],
    ids=["under a request", "before a request"],
)
def test_a_kept_alive_connection_closed_early_is_seen_in_kept_mode_alone(script: Script) -> None:
    async def play() -> Probed:
        async with fault_server(script) as server:
            return await probed(options_for(server.url()))

    run = asyncio.run(play())

    fresh, kept = run.of(Mode.FRESH), run.of(Mode.KEPT)
    assert {line.verdict for line in fresh} == {RequestOutcome.OK}
    assert {line.error for line in kept} == {None, RequestFault.KEPT_ALIVE_CLOSED}
    closed = [line for line in kept if line.error is not None]
    assert all(line.reused > 0 for line in closed)
    assert RequestOutcome.FAILED in {line.verdict for line in closed}


def test_a_close_that_the_server_announced_is_no_failure() -> None:
    async def announcing(visit: faults.Visit) -> None:
        visit.answer(200, b"ok\n", "Connection: close")
        visit.close()

    async def play() -> Probed:
        async with fault_server(announcing) as server:
            return await probed(options_for(server.url()))

    run = asyncio.run(play())

    assert {line.verdict for line in run.sent} == {RequestOutcome.OK}
    assert {line.reused for line in run.sent} == {0}


def test_a_body_that_does_not_match_the_pattern_is_its_own_class() -> None:
    async def play() -> Probed:
        async with fault_server(faults.good) as server:
            body = ExpectedBody.parse("^no such text$")
            return await probed(replace(options_for(server.url()), expected_body=body))

    run = asyncio.run(play())

    assert {line.error for line in run.sent} == {RequestFault.UNEXPECTED_BODY}
    assert {line.status for line in run.sent} == {200}


def test_a_status_that_is_not_expected_counts_as_that_even_if_its_body_is_cut() -> None:
    async def cut_502(visit: faults.Visit) -> None:
        visit.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 1000\r\n\r\nhalf")
        visit.close()

    async def play() -> Probed:
        async with fault_server(cut_502) as server:
            return await probed(replace(options_for(server.url()), modes=(Mode.FRESH,)))

    run = asyncio.run(play())

    assert {(line.error, line.status) for line in run.sent} == {
        (RequestFault.UNEXPECTED_STATUS, 502)
    }
    assert all("body_cut" in (line.detail or "") for line in run.sent)
