"""HTTP/1.1 answers, parsed as they come: no sockets, no clock.

Source: RFC 9112 (HTTP/1.1), sections 2 to 7 and 9.3.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable

from probe.fault import ExchangeError, MalformedResponse, RequestFault

MAX_HEAD_BYTES = 64 * 1024
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n]*)?")
_NO_BODY = frozenset({204, 304})
_HEAD_END = b"\r\n\r\n"
_MAX_CHUNK_LINE = 4096


class _State(enum.Enum):
    HEAD = enum.auto()
    BODY = enum.auto()
    CHUNK_SIZE = enum.auto()
    CHUNK_DATA = enum.auto()
    CHUNK_END = enum.auto()
    TRAILER = enum.auto()
    COMPLETE = enum.auto()


class Response:
    """One answer: feed it bytes until `is_complete`.

    Interim answers (1xx) are skipped; the head that is kept is the final one's.
    """

    def __init__(
        self,
        *,
        is_head_request: bool,
        max_body_bytes: int,
        on_body: Callable[[bytes], None] | None = None,
    ) -> None:
        """Expect an answer.

        Args:
            is_head_request: the request's method was HEAD, so no body follows.
            max_body_bytes: a body above this is an error.
            on_body: gets each piece of the body; None if it is only counted.
        """
        self._is_head_request = is_head_request
        self._max_body_bytes = max_body_bytes
        self._on_body = on_body
        self._buffer = b""
        self._state = _State.HEAD
        self._left: int | None = None
        self._is_last_chunk = False
        self.status = 0
        self.head = b""
        self.headers: dict[str, str] = {}
        self.body_bytes = 0
        self.content_length: int | None = None
        self.keeps_alive = False
        self.has_extra = False

    @property
    def has_head(self) -> bool:
        """True once the final status and headers are there."""
        return self.status != 0

    @property
    def is_complete(self) -> bool:
        """True once nothing more belongs to this answer."""
        return self._state is _State.COMPLETE

    def feed(self, data: bytes) -> None:
        """Take bytes as they come off the wire.

        Raises:
            MalformedResponse: they are not HTTP/1.1.
            ExchangeError: the body is larger than allowed.
        """
        self._buffer = self._buffer + data if self._buffer else data
        while self._buffer and self._step():
            pass
        if self.is_complete and self._buffer:
            self.has_extra = True

    def feed_eof(self) -> None:
        """The peer closed: the end of a body without a length, or a body cut short."""
        if self._state is _State.BODY and self._left is None:
            self._state = _State.COMPLETE

    def _step(self) -> bool:
        """Parse one part; False when it needs more bytes or there is no more to parse."""
        match self._state:
            case _State.HEAD:
                return self._parse_head()
            case _State.BODY:
                return self._take_body(_State.COMPLETE)
            case _State.CHUNK_DATA:
                return self._take_body(_State.CHUNK_END)
            case _State.CHUNK_SIZE:
                return self._parse_chunk_size()
            case _State.CHUNK_END:
                return self._parse_chunk_end()
            case _State.TRAILER:
                return self._parse_trailer()
            case _State.COMPLETE:
                return False

    def _parse_head(self) -> bool:
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise MalformedResponse(f"headers of more than {MAX_HEAD_BYTES} bytes")
            if not self._buffer.startswith(b"HTTP/1."[: len(self._buffer)]):
                raise MalformedResponse(f"not a status line: {self._buffer[:40]!r}")
            return False
        head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        status_line, *header_lines = head.split(b"\r\n")
        match = _STATUS_LINE.fullmatch(status_line)
        if match is None:
            raise MalformedResponse(f"not a status line: {status_line[:40]!r}")
        status = int(match[2])
        headers = _parsed_headers(header_lines)
        if 100 <= status < 200 and status != 101:
            return True
        self.status, self.head, self.headers = status, head, headers
        self._begin_body(is_1_0=match[1] == b"0")
        return True

    def _begin_body(self, *, is_1_0: bool) -> None:
        """Decide how the end of the body will be known. Source: RFC 9112, section 6.3."""
        options = self.headers.get("connection", "").lower().replace(" ", "").split(",")
        self.keeps_alive = "keep-alive" in options if is_1_0 else "close" not in options
        coding = self.headers.get("transfer-encoding", "").lower()
        length = self.headers.get("content-length")
        if length is not None:
            self.content_length = _parsed_length(length)
        if self._is_head_request or self.status in _NO_BODY or self.status == 101:
            self._state = _State.COMPLETE
        elif coding:
            if coding != "chunked":
                raise MalformedResponse(f"transfer-encoding {coding[:40]!r} is not supported")
            self._state = _State.CHUNK_SIZE
        elif self.content_length is not None:
            self._left = self.content_length
            self._check_size(self.content_length)
            self._state = _State.BODY if self._left else _State.COMPLETE
        else:
            self.keeps_alive = False
            self._state = _State.BODY

    def _take_body(self, after: _State) -> bool:
        if self._left is None or len(self._buffer) < self._left:
            piece, self._buffer = self._buffer, b""
        else:
            piece, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
        self.body_bytes += len(piece)
        self._check_size(self.body_bytes)
        if self._on_body is not None:
            self._on_body(piece)
        if self._left is not None:
            self._left -= len(piece)
            if self._left == 0:
                self._state = after
        return True

    def _parse_chunk_size(self) -> bool:
        line = self._taken_line()
        if line is None:
            return False
        digits = line.partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", digits):
            raise MalformedResponse(f"not a chunk size: {line[:40]!r}")
        self._left = int(digits, 16)
        self._check_size(self.body_bytes + self._left)
        self._state = _State.CHUNK_DATA if self._left else _State.TRAILER
        return True

    def _parse_chunk_end(self) -> bool:
        line = self._taken_line()
        if line is None:
            return False
        if line:
            raise MalformedResponse(f"a chunk is longer than its size: {line[:40]!r}")
        self._state = _State.CHUNK_SIZE
        return True

    def _parse_trailer(self) -> bool:
        line = self._taken_line()
        if line is None:
            return False
        if not line:
            self._state = _State.COMPLETE
        return True

    def _taken_line(self) -> bytes | None:
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            if len(self._buffer) > _MAX_CHUNK_LINE:
                raise MalformedResponse("a chunk's line has no end")
            return None
        self._buffer = rest
        return line

    def _check_size(self, body_bytes: int) -> None:
        if body_bytes > self._max_body_bytes:
            raise ExchangeError(
                RequestFault.BODY_TOO_LARGE,
                f"more than the {self._max_body_bytes} bytes of --max-body",
            )


def _parsed_headers(lines: list[bytes]) -> dict[str, str]:
    """Names in lower case; values of a repeated name joined by commas, as RFC 9110 5.3 allows."""
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise MalformedResponse(f"not a header line: {line[:40]!r}")
        key, text = name.decode("latin-1").lower(), value.strip().decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _parsed_length(text: str) -> int:
    """The length; one given twice must be the same both times. Source: RFC 9112, section 6.3."""
    values = {value.strip() for value in text.split(",")}
    value = values.pop()
    if values or not re.fullmatch(r"[0-9]{1,18}", value):
        raise MalformedResponse(f"content-length {text[:40]!r} is not a length")
    return int(value)
