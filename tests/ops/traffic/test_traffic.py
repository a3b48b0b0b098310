from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.traffic.answer import SlotAnswer, SlotStream
from ops.traffic.plan import ConnectionRoute, TrafficPlan
from ops.traffic.traffic import Traffic, united_seconds
from probe.record.file import RecordReader
from rollout.split import Slot
from tests.ops.traffic.slot_server import HEADERS, TOKEN, SlotServer, slot_server

DEADLINE_SECONDS = 120.0


@pytest.fixture
def server() -> Generator[SlotServer]:
    with slot_server() as state:
        yield state


def plan_for(server: SlotServer, folder: Path) -> TrafficPlan:
    return TrafficPlan(
        urls={"web": server.url},
        headers={SlotStream.of(slot): header for slot, header in HEADERS.items()},
        rate_per_second=40,
        folder=folder,
        route=ConnectionRoute(),
    )


def wait_until(traffic: Traffic, is_there: Callable[[list[SlotAnswer]], bool]) -> list[SlotAnswer]:
    """The answers once they are as wanted; they come by an event."""
    came = threading.Event()

    def look(batch: Sequence[SlotAnswer]) -> None:
        came.set()

    traffic.subscribe(look)
    until = time.monotonic() + DEADLINE_SECONDS
    while not is_there(answers := traffic.answers(0.0)):
        assert time.monotonic() < until, f"{len(answers)} answers, not what was waited for"
        came.wait(1.0)
        came.clear()
    return answers


def test_a_service_with_an_address_of_its_own_is_met_there_by_the_name_of_its_url(
    server: SlotServer, tmp_path: Path
) -> None:
    place = server.url.removeprefix("http://").rstrip("/")
    plan = replace(
        plan_for(server, tmp_path / "traffic"),
        urls={"web": "http://www.shop.example/"},
        routes={"web": ConnectionRoute(place, is_beside=True)},
    )
    traffic = Traffic(plan)
    try:
        answers = wait_until(traffic, lambda found: len(found) >= 20)
    finally:
        traffic.close()

    assert {answer.service for answer in answers} == {"web"}
    assert {answer.fault for answer in answers} == {None}


def test_each_stream_meets_its_slot_and_leaves_a_record_of_its_own(
    server: SlotServer, tmp_path: Path
) -> None:
    traffic = Traffic(plan_for(server, tmp_path / "traffic"))
    try:
        answers = wait_until(traffic, lambda found: len(found) >= 60)
    finally:
        traffic.close()

    by_stream = {stream: {a.slot for a in answers if a.stream is stream} for stream in SlotStream}
    assert by_stream == {
        SlotStream.USERS: {Slot.FIRST, Slot.SECOND},
        SlotStream.SLOT_01: {Slot.FIRST},
        SlotStream.SLOT_02: {Slot.SECOND},
    }
    for stream in SlotStream:
        record = tmp_path / "traffic" / f"{stream}.jsonl"
        assert [line.kind for line in RecordReader(record)][-1] == "end"
        assert TOKEN not in record.read_text()


def test_a_failing_slot_is_told_apart_by_the_stream_and_by_who_answered(
    server: SlotServer, tmp_path: Path
) -> None:
    server.failing.add(Slot.SECOND)
    traffic = Traffic(plan_for(server, tmp_path))
    try:
        answers = wait_until(traffic, lambda found: len(found) >= 60)
    finally:
        traffic.close()

    failed = {(a.attributed, a.fault) for a in answers if a.fault}
    assert failed == {(Slot.SECOND, "status 500")}
    assert {a.attributed for a in answers if not a.fault} == {Slot.FIRST}


def test_who_answered_the_users_is_told_in_the_order_of_their_requests(
    server: SlotServer, tmp_path: Path
) -> None:
    server.weight_of_02 = 0
    traffic = Traffic(plan_for(server, tmp_path))
    try:
        wait_until(traffic, lambda found: len(found) >= 30)
        changed_s = time.time()
        server.weight_of_02 = 100
        wait_until(traffic, lambda found: found[-1].sent_s > changed_s + 1.0)
        slots = traffic.slots_that_answered("web", changed_s)
    finally:
        traffic.close()

    assert set(slots) == {Slot.SECOND}
    assert len(slots) >= 20


def test_the_traffic_ends_with_its_driver_however_that_ends(
    server: SlotServer, tmp_path: Path
) -> None:
    traffic = Traffic(plan_for(server, tmp_path))
    prober = traffic._prober  # pyright: ignore[reportPrivateUsage]
    wait_until(traffic, lambda found: len(found) > 3)

    prober.end(DEADLINE_SECONDS)

    assert prober.exit_code == 0
    traffic.close()


def test_ctrl_c_in_the_drivers_terminal_does_not_reach_the_traffic(
    server: SlotServer, tmp_path: Path
) -> None:
    traffic = Traffic(plan_for(server, tmp_path))
    prober = traffic._prober  # pyright: ignore[reportPrivateUsage]
    try:
        assert os.getpgid(prober.pid) != os.getpgid(os.getpid())
    finally:
        traffic.close()


def test_a_prober_that_was_killed_is_not_alive(server: SlotServer, tmp_path: Path) -> None:
    traffic = Traffic(plan_for(server, tmp_path))
    prober = traffic._prober  # pyright: ignore[reportPrivateUsage]
    assert traffic.is_alive

    os.kill(prober.pid, signal.SIGKILL)
    prober.end(DEADLINE_SECONDS)

    assert not traffic.is_alive
    traffic.close()


def test_a_second_run_in_the_same_folder_keeps_the_first_ones_record(
    server: SlotServer, tmp_path: Path
) -> None:
    for _ in range(2):
        traffic = Traffic(plan_for(server, tmp_path))
        wait_until(traffic, lambda found: bool(found))
        traffic.close()

    assert (tmp_path / "users.jsonl").stat().st_size > 0
    assert (tmp_path / "users-2.jsonl").stat().st_size > 0


def test_a_plan_survives_its_way_to_the_process(tmp_path: Path) -> None:
    plan = TrafficPlan(
        urls={"web": "https://www.example.com/"},
        headers={SlotStream.SLOT_02: "x-failover-slot: 02-secret"},
        rate_per_second=20,
        folder=tmp_path,
        route=ConnectionRoute("127.0.0.1:4433", "ca.pem"),
    )

    assert TrafficPlan.parse(plan.text()) == plan


def test_a_rehearsals_port_replaces_that_of_the_url_and_no_name_is_looked_up() -> None:
    way = ConnectionRoute.from_environment({"FAILOVER_HTTPS_ADDRESS": "127.0.0.1:4433"})

    url = way.url("https://www.example.com/portal")

    assert url == "https://www.example.com:4433/portal"
    assert way.overrides([url]) == {("www.example.com", 4433): ("127.0.0.1",)}


spans = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda ends: tuple(sorted(ends)))


@given(st.lists(spans), st.integers(0, 50))
def test_each_second_of_a_stall_counts_once_however_many_streams_tell_of_it(
    stalls: list[tuple[int, int]], since: int
) -> None:
    seconds = {second for start, end in stalls for second in range(max(start, since), end)}

    assert united_seconds([*stalls, *stalls, *stalls], since) == len(seconds)


def test_services_with_one_url_are_told_apart_by_the_header_that_their_rules_ask_for(
    server: SlotServer, tmp_path: Path
) -> None:
    plan = replace(
        plan_for(server, tmp_path / "traffic"),
        urls={"beta": server.url, "web": server.url},
        request_headers={"beta": {"X-Stage": "s3cret"}},
    )
    everyone = {(service, stream) for service in plan.urls for stream in SlotStream}
    traffic = Traffic(plan)
    try:
        wait_until(traffic, lambda found: {(a.service, a.stream) for a in found} >= everyone)
    finally:
        traffic.close()

    users = [asked.get("X-Stage") for asked in server.asked if "users" in asked["User-Agent"]]
    assert set(users) == {"s3cret", None}
    assert abs(2 * users.count("s3cret") - len(users)) <= 2
    assert "s3cret" not in (tmp_path / "traffic" / "users.jsonl").read_text()
