"""CPU time to parse one answer: the prober's own parser beside h11, in turn, on the same bytes."""

from __future__ import annotations

import importlib
import importlib.util
import statistics
import time
from collections.abc import Callable
from typing import Any

from probe.http.response import Response

ANSWERS = 3000
ROUNDS = 7
_HEAD = (
    b"HTTP/1.1 200 OK\r\nDate: Mon, 30 Nov 2026 15:00:00 GMT\r\nContent-Type: text/html\r\n"
    b"%s\r\nConnection: keep-alive\r\nServer: nginx\r\nX-Slot: 01\r\nX-Build: 2026-11-30.1\r\n"
    b"Cache-Control: no-store\r\nStrict-Transport-Security: max-age=31536000\r\n"
    b"X-Request-Id: 8f14e45f-ceea-467f-ab0e-91d5f9a8d9a1\r\n\r\n"
)
_CHUNKS = b"258\r\n" + b"x" * 600 + b"\r\n258\r\n" + b"y" * 600 + b"\r\n0\r\n\r\n"
SAMPLES = {
    "ten headers, 1,200 bytes": _HEAD % b"Content-Length: 1200" + b"x" * 1200,
    "the same, in two chunks": _HEAD % b"Transfer-Encoding: chunked" + _CHUNKS,
    "two headers, two bytes": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Slot: 01\r\n\r\nok",
}


def measure() -> None:
    """Print a line for each sample."""
    print("\nParser: CPU time for one answer")
    if importlib.util.find_spec("h11") is None:
        print("h11 is missing and left out: pip install h11")
        return
    h11 = importlib.import_module("h11")
    theirs = _H11(h11)
    for name, data in SAMPLES.items():
        assert own(data) == theirs.parsed(data)
        pairs = [(_cpu_us(own, data), _cpu_us(theirs.parsed, data)) for _ in range(ROUNDS)]
        ours_us, theirs_us = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(h11_us / own_us for own_us, h11_us in pairs)
        print(f"{name:<28}own {ours_us:6.1f} us   h11 {theirs_us:6.1f} us   h11 / own {ratio:.1f}")


def own(data: bytes) -> tuple[int, dict[str, str], int]:
    """Status, headers and length of the body, by the prober's parser."""
    response = Response(is_head_request=False, max_body_bytes=1 << 20)
    response.feed(data)
    assert response.is_complete
    return response.status, response.headers, response.body_bytes


class _H11:
    """The same by h11, over one kept-alive connection."""

    def __init__(self, h11: Any) -> None:
        self._h11 = h11
        self._connection = h11.Connection(h11.CLIENT)
        self._request = h11.Request(method="GET", target="/", headers=[("Host", "a")])

    def parsed(self, data: bytes) -> tuple[int, dict[str, str], int]:
        h11, connection = self._h11, self._connection
        connection.send(self._request)
        connection.send(h11.EndOfMessage())
        connection.receive_data(data)
        status, headers, length = 0, dict[str, str](), 0
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
                for name, value in event.headers:
                    key, text = name.decode("latin-1"), value.decode("latin-1")
                    headers[key] = f"{headers[key]}, {text}" if key in headers else text
            else:
                length += len(event.data)
        connection.start_next_cycle()
        return status, headers, length


def _cpu_us(parse: Callable[[bytes], object], data: bytes) -> float:
    started_s = time.process_time()
    for _ in range(ANSWERS):
        parse(data)
    return (time.process_time() - started_s) / ANSWERS * 1e6
