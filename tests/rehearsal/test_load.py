from __future__ import annotations

import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.status import ADMIN_SOCKET, IDLE, Load, ProxyCounters, counted, target_group_name


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


def test_a_proxy_that_began_anew_has_no_negative_load() -> None:
    assert ProxyCounters(2.0, {"a": 3}, {}).load_since(ProxyCounters(1.0, {"a": 9}, {})) == {
        "a": IDLE
    }


def test_a_target_group_is_told_by_its_name() -> None:
    arn = (
        "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/org-us-prd-web-01-tg/0123456789abcdef"
    )

    assert target_group_name(arn) == "org-us-prd-web-01-tg"
