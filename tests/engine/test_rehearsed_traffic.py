"""The prod-like stack under traffic, as a new user would try it: one rehearsal for all tests."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from rehearsal.status import RehearsalStatus, statuses
from rehearsal.traffic.run import LoadBalancerAddress, TrafficRun, TrafficSummary
from rehearsal.traffic.stage import StageTraffic, stage_traffic
from rehearsal.traffic.watch import Finished, HeldDownload
from rehearsal.workspace import Running
from rollout.split import Slot, Split
from tests.engine.rehearsed import Rehearsed, rehearsed

pytestmark = [pytest.mark.engine, pytest.mark.long]

HOST = "www.hankooktire.example"
LOAD_SECONDS = 6


@dataclass(frozen=True)
class Serving(Rehearsed):
    """The stack, built and healthy."""

    @property
    def address(self) -> LoadBalancerAddress:
        return LoadBalancerAddress("127.0.0.1", self.running.https_port, self.workspace.ca_file)

    def shift(self, weights: str) -> None:
        self.engine.set_config("weights", weights)
        self.engine.run("up", "--yes", "--skip-preview")

    def wait_until_settled(self) -> None:
        observer = self.observer()
        deadline = time.monotonic() + 60
        while not all(service.is_settled for service in observer.read()):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def curl(self, url: str, *options: str) -> list[str]:
        """Status, service, slot and location of an answer, by the variables of `rehearse env`."""
        env = self.env
        wanted = "%{http_code} %header{x-service} %header{x-slot} %header{location}"
        kind = "HTTPS" if url.startswith("https") else "HTTP"
        said = subprocess.run(
            [
                *("curl", "-sS", "-o", "/dev/null", "-w", wanted),
                *("--cacert", env["FAILOVER_CA_FILE"]),
                *("--connect-to", f"::{env[f'FAILOVER_{kind}_ADDRESS']}", *options, url),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        return said.stdout.split()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Generator[Serving]:
    with rehearsed(tmp_path_factory.mktemp("traffic"), "prod") as stack:
        serving = Serving(stack.workspace, stack.running)
        serving.shift("100/0")
        serving.wait_until_settled()
        yield serving


def test_curl_meets_the_services_the_idle_slot_and_the_answers_to_anything_else(
    serving: Serving,
) -> None:
    headers = json.loads(
        serving.engine.run("stack", "output", "previewHeaders", "--json", "--show-secrets")
    )
    preview = ("-H", headers["02"])

    assert serving.curl(f"https://{HOST}/") == ["200", "web", "01"]
    assert serving.curl(f"https://{HOST}/portal/x?y") == ["200", "portal", "01"]
    assert serving.curl(f"https://{HOST}/", *preview) == ["200", "web", "02"]
    assert serving.curl(f"https://{HOST}/portal", *preview) == ["200", "portal", "02"]
    assert serving.curl(f"https://{HOST}/", "-H", "x-failover-slot: 02-x")[2] == "01"
    assert serving.curl("https://unknown.hankooktire.example/") == ["404"]
    redirected = serving.curl(f"http://{HOST}/a?b=c")
    assert redirected == ["301", f"https://{HOST}:443/a?b=c"]


def hey(serving: Serving) -> str:
    if (command := shutil.which("hey")) is None:
        return "skipped: hey is not installed (apt-get install hey)"
    rate = ("-z", f"{LOAD_SECONDS}s", "-c", "2", "-q", "10", "-host", HOST)
    return output_of(command, *rate, f"https://127.0.0.1:{serving.running.https_port}/")


def wrk(serving: Serving) -> str:
    if (command := shutil.which("wrk")) is None:
        return "skipped: wrk is not installed (apt-get install wrk)"
    load = ("-t", "1", "-c", "2", "-d", f"{LOAD_SECONDS}s", "-H", f"Host: {HOST}")
    return output_of(command, *load, f"https://127.0.0.1:{serving.running.https_port}/portal")


def output_of(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def second_rehearsal(folder: Path) -> tuple[Running, int]:
    """One that comes and goes: where it was, and how many load balancers it held."""
    with rehearsed(folder, "dev") as second:
        listed = second.client("elbv2").describe_load_balancers()["LoadBalancers"]
        return second.running, len(listed)


@dataclass(frozen=True)
class Ramped:
    """What a stage under all loads at once came to."""

    hey: str
    wrk: str
    status: RehearsalStatus
    stage: StageTraffic
    download: Finished
    second: tuple[Running, int]
    summary: TrafficSummary


@pytest.fixture(scope="module")
def ramped(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Ramped:
    """A stage under load, with a second rehearsal that comes and goes beside it."""
    traffic = TrafficRun(tmp_path_factory.mktemp("record"), rate_per_s=60)
    urls = serving.engine.outputs()["urls"]
    before, split = Split.parse("100/0"), Split.parse("90/10")
    traffic.start(serving.address, urls)
    held = HeldDownload(serving.address, urls["web"])
    with ThreadPoolExecutor(3) as pool:
        loads = pool.submit(hey, serving), pool.submit(wrk, serving)
        second = pool.submit(second_rehearsal, tmp_path_factory.mktemp("second"))
        began_s = traffic.mark(f"weights {split}")
        serving.shift(str(split))
        settled_s = time.time()
        status = status_under_load(serving)
    traffic.wait_until(lambda: len(traffic.since(settled_s)) > 600, 60)
    answers = traffic.since(began_s)
    stage = stage_traffic(answers, urls, (before, split), began_s, settled_s)
    by_hey, by_wrk = (load.result() for load in loads)
    finished, summary = held.finish(), traffic.stop()
    return Ramped(by_hey, by_wrk, status, stage, finished, second.result(), summary)


def status_under_load(serving: Serving) -> RehearsalStatus:
    """The first status in which every slot carries something: a tenth is few in two seconds."""
    for status in itertools.islice(statuses(serving.workspace, serving.running), 5):
        if all(load.requests_per_s for load in status.loads.values()):
            return status
    pytest.fail("a slot with weight carries nothing for ten seconds")


def test_no_request_is_lost_and_the_split_is_followed(ramped: Ramped) -> None:
    assert ramped.stage.problems == []
    assert (ramped.summary.failed, ramped.download.problem) == (0, None)
    assert (ramped.download.slot, ramped.download.build) == ("01", "v1")
    assert ramped.summary.requests > 1000
    assert {service.service for service in ramped.stage.services} == {"portal", "web"}
    assert all(service.requests > 100 for service in ramped.stage.services)
    assert ramped.stage.moved_seconds is not None
    assert ramped.summary.record.stat().st_size > 100_000
    assert "<html" in ramped.summary.report.read_text()


def test_hey_sees_no_error_during_a_stage(ramped: Ramped) -> None:
    if ramped.hey.startswith("skipped"):
        pytest.skip(ramped.hey)

    codes = dict(re.findall(r"\[(\d+)\]\s+(\d+) responses", ramped.hey))

    assert set(codes) == {"200"}
    assert int(codes["200"]) > 50
    assert "Error distribution" not in ramped.hey


def test_wrk_sees_no_error_during_a_stage(ramped: Ramped) -> None:
    if ramped.wrk.startswith("skipped"):
        pytest.skip(ramped.wrk)

    requests = re.search(r"(\d+) requests in", ramped.wrk)

    assert requests is not None
    assert int(requests[1]) > 100
    assert "Socket errors" not in ramped.wrk
    assert "Non-2xx" not in ramped.wrk


def test_the_status_shows_what_each_slot_carries(ramped: Ramped, serving: Serving) -> None:
    loads = ramped.status.loads
    document = json.loads(ramped.status.as_json(serving.running))

    assert len(loads) == 4
    assert all(loads[name, Slot.FIRST].requests_per_s > 5 for name in ("portal", "web"))
    assert all(load.errors_per_s == 0 for load in loads.values())
    assert [service["weights"] for service in document["services"]] == ["90/10", "90/10"]
    first = document["services"][0]["slots"]["01"]
    assert {"weight", "image_ids", "requests_per_s", "errors_per_s"} <= set(first)


def test_two_rehearsals_run_side_by_side(ramped: Ramped, serving: Serving) -> None:
    second, load_balancers = ramped.second
    ours = serving.running

    assert load_balancers == 0
    for port in ("http_port", "https_port", "provider_port", "endpoint", "pid"):
        assert getattr(second, port) != getattr(ours, port)
    assert len(serving.client("elbv2").describe_load_balancers()["LoadBalancers"]) == 1
