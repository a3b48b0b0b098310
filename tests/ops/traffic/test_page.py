from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from ops.traffic.page import PageError, fetched
from ops.traffic.plan import ConnectionRoute

HEAD = b"HTTP/1.1 200 OK\r\nX-Slot: 02\r\nContent-Length: 10\r\n\r\n"


@pytest.fixture
def answers() -> Generator[list[bytes]]:
    """Gives the one in the list, to whoever asks first; its address is appended."""
    given: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        given.append(str(server.getsockname()[1]).encode())

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(given[-1])

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield given
        thread.join(10)


def url_of(answers: list[bytes]) -> str:
    return f"http://127.0.0.1:{answers[0].decode()}/"


def test_a_whole_answer_is_a_page_with_its_headers(answers: list[bytes]) -> None:
    answers.append(HEAD + b"0123456789")

    page = fetched(url_of(answers), ConnectionRoute(), {}, 10.0)

    assert (page.status, page.headers["x-slot"], page.body) == (200, "02", "0123456789")


def test_an_answer_that_is_cut_is_none(answers: list[bytes]) -> None:
    answers.append(HEAD + b"01234")

    with pytest.raises(PageError, match="IncompleteRead"):
        fetched(url_of(answers), ConnectionRoute(), {}, 10.0)


def test_a_certificate_authority_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    way = ConnectionRoute(ca_file=str(tmp_path / "no-such-ca.pem"))

    with pytest.raises(PageError, match="FileNotFoundError"):
        fetched("https://127.0.0.1:9/", way, {}, 10.0)


def test_an_address_beside_the_url_is_connected_to_and_the_request_names_the_url_s_host() -> None:
    asked: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                asked.append(connection.recv(1 << 16))
                connection.sendall(HEAD + b"0123456789")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        way = ConnectionRoute(f"127.0.0.1:{server.getsockname()[1]}", is_beside=True)
        page = fetched("http://www.shop.example/a?b=1", way, {}, 10.0)
        thread.join(10)

    assert page.status == 200
    assert asked[0].startswith(b"GET /a?b=1 HTTP/1.1\r\nHost: www.shop.example\r\n")
