"""The prober as a process of its own, here with nobody to answer it, and the record of it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rehearsal.account import self_signed_certificate
from rehearsal.errors import RehearsalError
from rehearsal.traffic.run import (
    GrowingRecord,
    LoadBalancerAddress,
    ObservedAnswer,
    TrafficRun,
    answer_from,
)
from tests.ports import refusing_port

URLS = {"web": "https://www.a.test/", "portal": "https://www.a.test/portal"}


@pytest.fixture
def address(tmp_path: Path) -> Generator[LoadBalancerAddress]:
    """A port that nobody listens on."""
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(self_signed_certificate(["www.a.test"])[0])
    with refusing_port() as port:
        yield LoadBalancerAddress("127.0.0.1", port, ca_file)


def test_requests_that_nobody_answers_are_counted_as_failed_and_reported(
    tmp_path: Path, address: LoadBalancerAddress
) -> None:
    run = TrafficRun(tmp_path / "record", rate_per_s=40)
    run.start(address, URLS)
    at_s = run.mark("nobody is there")
    run.wait_until(lambda: len(run.since(at_s)) > 20, 30)
    requests, failed = run.counts()
    services = {answer.service for answer in run.since(0.0)}

    summary = run.stop()

    assert requests == failed > 20
    assert services == set(URLS)
    assert summary.failed == summary.requests >= failed
    marks = [mark["text"] for mark in summary.document["marks"]]
    assert marks == ["nobody is there"]
    assert json.loads(summary.record.read_text().splitlines()[-1])["kind"] == "end"
    assert summary.report.exists()


def test_a_service_is_asked_for_more_than_its_page_where_that_is_wished(
    tmp_path: Path, address: LoadBalancerAddress
) -> None:
    run = TrafficRun(tmp_path / "record", rate_per_s=40)
    run.start(address, URLS, ["assets/app.js"])
    run.wait_until(lambda: len(run.since(0.0)) > 20, 30)

    lines = run.stop().record.read_text().splitlines()

    asked = {str(json.loads(line).get("url", "")) for line in lines}
    port = address.port
    assert f"https://www.a.test:{port}/assets/app.js" in asked
    assert f"https://www.a.test:{port}/portal/assets/app.js" in asked
    assert {answer.service for answer in run.since(0.0)} == set(URLS)


def test_a_prober_that_is_killed_is_an_error_and_no_silence(
    tmp_path: Path, address: LoadBalancerAddress
) -> None:
    run = TrafficRun(tmp_path / "record", rate_per_s=20)
    run.start(address, URLS)
    os.kill(run.pid, signal.SIGKILL)

    with pytest.raises(RehearsalError, match="the prober ended with -9"):
        run.wait_until(lambda: False, 30)

    with pytest.raises(RehearsalError, match="the prober ended with -9"):
        run.stop()


def test_a_prober_that_does_not_begin_says_why(
    tmp_path: Path, address: LoadBalancerAddress
) -> None:
    run = TrafficRun(tmp_path / "record")
    missing = LoadBalancerAddress(address.host, address.port, tmp_path / "none.pem")

    with pytest.raises(RehearsalError, match=r"none\.pem"):
        run.start(missing, URLS)

    run.abandon()


LINE: dict[str, Any] = {
    "kind": "request",
    "seq": 4,
    "planned_s": 1000.0,
    "late_ms": 1.0,
    "url": "https://a.test:1/",
    "mode": "fresh",
    "method": "GET",
    "phase": "done",
    "verdict": "ok",
    "latency_ms": 9.0,
    "status": 200,
    "slot": "02",
    "build": "v2",
    "connect_ms": 2.0,
    "tls_ms": 4.0,
}
SERVICES = {"https://a.test:1/": "web"}


def test_a_request_is_asked_for_when_its_connection_is_ready() -> None:
    answer = answer_from(LINE, SERVICES)

    assert answer is not None
    assert answer.asked_s == pytest.approx(1000.007)
    assert replace(answer, asked_s=0.0) == ObservedAnswer(
        "web", "fresh", "ok", "02", "v2", 200, 0.0, None
    )


def test_a_request_without_an_answer_has_no_slot() -> None:
    bare = {k: v for k, v in LINE.items() if k not in ("slot", "build", "status", "tls_ms")}

    answer = answer_from({**bare, "verdict": "failed", "error": "connect_refused"}, SERVICES)

    assert answer is not None
    assert (answer.slot, answer.status, answer.error) == (None, None, "connect_refused")
    assert not answer.is_drawn


@pytest.mark.parametrize("kind", ["run", "mark", "stall", "end"])
def test_other_lines_are_no_requests(kind: str) -> None:
    assert answer_from({"kind": kind}, SERVICES) is None


def test_a_growing_record_gives_each_whole_line_once(tmp_path: Path) -> None:
    record = GrowingRecord(tmp_path)
    text = "".join(json.dumps({"n": n}) + "\n" for n in range(3))
    before = list(record.new_lines())

    file = tmp_path / "probe-x.jsonl"
    file.write_text(text[:12])
    first = list(record.new_lines())
    file.write_text(text)
    rest = list(record.new_lines())

    assert (before, first, rest) == ([], [{"n": 0}], [{"n": 1}, {"n": 2}])
    assert list(record.new_lines()) == []
    assert record.file == file
