"""`failover rehearse status`: what each target group carries, and the table."""

from __future__ import annotations

import dataclasses
import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from rehearsal.errors import RehearsalError
from rehearsal.local_aws import ServiceState
from rehearsal.status import (
    ADMIN_SOCKET,
    IDLE,
    Load,
    ProxyCounters,
    counted,
    status_table,
    target_group_name,
)
from rollout.split import Slot
from tests.rehearsal.test_cutover import slot_at


@contextmanager
def proxy(folder: Path, body: str) -> Generator[None]:
    """A proxy that answers one question."""
    path = folder / ADMIN_SOCKET
    with socket.socket(socket.AF_UNIX) as server, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        server.bind(path.name)
        server.listen()

        def answer() -> None:
            with server.accept()[0] as client:
                client.recv(65536)
                head = (
                    f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                )
                client.sendall((head + body).encode())

        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join()


def test_the_counters_of_target_groups_are_read_in_a_folder_with_a_long_name(
    tmp_path: Path,
) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    stats = [
        {"name": "cluster.target_group.web-01.upstream_rq_completed", "value": 12},
        {"name": "cluster.target_group.web-01.upstream_rq_5xx", "value": 2},
        {"name": "cluster.target_group.web-02.upstream_rq_completed", "value": 0},
        {"histograms": {}},
    ]

    with proxy(folder, json.dumps({"stats": stats})):
        found = counted(folder)

    assert found.answered == {"web-01": 12, "web-02": 0}
    assert found.errors == {"web-01": 2}


@pytest.mark.parametrize("body", ["", "no stats here"])
def test_an_answer_that_is_none_is_an_error(tmp_path: Path, body: str) -> None:
    with proxy(tmp_path, body), pytest.raises(RehearsalError, match="does not report its counters"):
        counted(tmp_path)


def test_no_proxy_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="does not report its counters"):
        counted(tmp_path)


def test_a_load_is_what_came_in_between_by_the_second() -> None:
    before = ProxyCounters(10.0, {"a": 100, "b": 5}, {"a": 1})
    after = ProxyCounters(12.0, {"a": 300, "b": 5, "new": 8}, {"a": 5})

    assert after.load_since(before) == {"a": Load(100.0, 2.0), "b": IDLE, "new": Load(4.0, 0.0)}


def test_a_restarted_proxy_has_no_negative_load() -> None:
    assert ProxyCounters(2.0, {"a": 3}, {}).load_since(ProxyCounters(1.0, {"a": 9}, {})) == {
        "a": IDLE
    }


def test_a_target_group_is_known_by_its_name() -> None:
    arn = (
        "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/org-us-prd-web-01-tg/0123456789abcdef"
    )

    assert target_group_name(arn) == "org-us-prd-web-01-tg"


def shown(service: ServiceState, load: Load = IDLE) -> str:
    console = Console(width=80, record=True)
    loads = {(service.name, slot): load for slot in Slot}
    with console.capture() as capture:
        console.print(status_table([service], {"ami-1": "v1", "ami-2": "v2"}, loads))
    return capture.get()


def test_a_settled_service_shows_its_weights_targets_and_builds() -> None:
    slots = {Slot.FIRST: slot_at(75), Slot.SECOND: slot_at(25)}

    text = shown(ServiceState("web", "arn:web", slots))

    assert "75" in text
    assert "1 healthy" in text
    assert "1 of 1" in text
    assert "v1" in text


def test_a_slot_in_renewal_shows_both_versions_and_both_builds() -> None:
    renewing = dataclasses.replace(
        slot_at(0),
        template_version="2",
        instance_versions=("1", "2"),
        image_ids=("ami-1", "ami-2"),
        refreshing=True,
    )

    text = " ".join(shown(ServiceState("web", "a", {Slot.FIRST: renewing})).split())

    assert "version 2," in text
    assert "on 1" in text
    assert "refreshing" in text
    assert "v1, v2" in text


def test_each_slot_shows_what_it_carries() -> None:
    text = shown(ServiceState("web", "a", {Slot.FIRST: slot_at(100)}), Load(150.04, 2.5))

    assert text.split()[-2:] == ["150.0", "2.5"]


def test_it_fits_a_terminal_of_eighty_columns() -> None:
    slots = {Slot.FIRST: slot_at(100), Slot.SECOND: slot_at(0)}

    text = shown(ServiceState("portal", "arn:portal", slots), Load(1234.56, 12.3))

    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
