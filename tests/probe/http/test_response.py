"""The parser against Python's own `http.client`, which parses the same bytes from a file."""

from __future__ import annotations

import contextlib
import http.client
import io
import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.fault import ExchangeError, MalformedResponse, RequestFault
from probe.http.response import MAX_HEAD_BYTES, Response

names = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,15}", fullmatch=True).filter(
    lambda name: name.lower() not in ("content-length", "transfer-encoding", "connection")
)
texts = st.from_regex(r"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True)
headers = st.dictionaries(names.map(str.lower), texts, max_size=5)
statuses = st.integers(200, 599).filter(lambda status: status not in (204, 304))
bodies = st.binary(max_size=300)


class FakeSocket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def parsed(
    pieces: Iterable[bytes], *, limit: int = 1 << 20, head: bool = False
) -> tuple[Response, bytes]:
    body = bytearray()
    response = Response(is_head_request=head, max_body_bytes=limit, on_body=body.extend)
    for piece in pieces:
        response.feed(piece)
    return response, bytes(body)


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def chunked(body: bytes, sizes: list[int]) -> bytes:
    framed, rest = b"", body
    for size in sizes:
        chunk, rest = rest[:size], rest[size:]
        if chunk:
            framed += b"%x;ext=1\r\n%s\r\n" % (len(chunk), chunk)
    if rest:
        framed += b"%X\r\n%s\r\n" % (len(rest), rest)
    return framed + b"0\r\nTrailer: x\r\n\r\n"


@given(
    statuses, headers, bodies, st.booleans(), st.lists(st.integers(1, 90), max_size=5),
    st.lists(st.integers(0, 2000), max_size=8),
)  # fmt: skip
def test_any_answer_cut_anywhere_parses_as_the_standard_library_parses_it(
    status: int,
    fields: dict[str, str],
    body: bytes,
    is_chunked: bool,
    sizes: list[int],
    cuts: list[int],
) -> None:
    framing = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(body)}"
    lines = [f"HTTP/1.1 {status} Words", *(f"{n}: {v}" for n, v in fields.items()), framing]
    data = "\r\n".join(lines).encode() + b"\r\n\r\n"
    data += chunked(body, sizes) if is_chunked else body
    standard = http.client.HTTPResponse(FakeSocket(data))  # type: ignore[arg-type]
    standard.begin()

    response, found = parsed(in_pieces(data, cuts))

    assert response.is_complete
    assert (response.status, found) == (standard.status, standard.read())
    assert {n: response.headers[n] for n in fields} == {n: standard.headers[n] for n in fields}
    assert response.keeps_alive
    assert not response.has_extra


@given(bodies, st.lists(st.integers(0, 500), max_size=4))
def test_a_body_without_a_length_ends_with_the_connection(body: bytes, cuts: list[int]) -> None:
    response, found = parsed(in_pieces(b"HTTP/1.1 200 OK\r\n\r\n" + body, cuts))
    was_complete = response.is_complete

    response.feed_eof()

    assert (was_complete, response.is_complete, found) == (False, True, body)
    assert not response.keeps_alive


@given(st.binary(max_size=400))
def test_no_bytes_whatever_raise_anything_but_our_own_error(data: bytes) -> None:
    for start in (b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        with contextlib.suppress(ExchangeError):
            parsed([start + data])


@pytest.mark.parametrize(
    "data",
    [
        b"220 mail.example.com ESMTP\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * MAX_HEAD_BYTES,
    ],
)
def test_what_is_no_http_is_called_malformed(data: bytes) -> None:
    with pytest.raises(MalformedResponse):
        parsed([data])


@pytest.mark.parametrize(
    ("head", "is_kept"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: foo, close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n"
         b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
    ],
)  # fmt: skip
def test_a_connection_is_kept_as_the_answer_says(head: bytes, is_kept: bool) -> None:
    response, _ = parsed([head])

    assert response.is_complete
    assert response.keeps_alive is is_kept


def test_a_head_request_has_an_answer_without_a_body_whatever_its_length_says() -> None:
    response, body = parsed([b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"], head=True)

    assert (response.is_complete, body, response.content_length) == (True, b"", 500)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n01234567890",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n",
    ],
)
def test_a_body_above_the_limit_is_given_up_as_soon_as_that_is_known(data: bytes) -> None:
    with pytest.raises(ExchangeError) as caught:
        parsed([data], limit=10)

    assert caught.value.fault is RequestFault.BODY_TOO_LARGE


def test_bytes_after_the_answer_are_noticed() -> None:
    response, _ = parsed([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 408 X\r\n"])

    assert (response.is_complete, response.has_extra) == (True, True)
