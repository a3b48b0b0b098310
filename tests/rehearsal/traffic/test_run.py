"""The prober as a process of its own, here with nobody to answer it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from rehearsal.account import self_signed_certificate
from rehearsal.errors import RehearsalError
from rehearsal.traffic.run import LoadBalancerAddress, TrafficRun
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
