"""HTTP messages as an instance reads and writes them, and the frames of its WebSocket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE, _PING, _PONG = 0x8, 0x9, 0xA
_FINAL = 0x80
HEARTBEAT_SECONDS = 5.0
"""Shorter than any idle timeout that makes sense, so that a silent client stays connected."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    version: str

    @property
    def is_kept_alive(self) -> bool:
        """Whether the connection is to stay open after the answer."""
        connection = self.headers.get("connection", "").lower()
        return connection != "close" if self.version == "HTTP/1.1" else connection == "keep-alive"

    @property
    def is_health_check(self) -> bool:
        """Whether a load balancer checks, or a person asks the same by hand."""
        agent = self.headers.get("user-agent", "")
        return agent.startswith("ELB-HealthChecker/") or self.path.endswith("/healthz")

    def seconds(self, default: float) -> float:
        """The query's `seconds`.

        Raises:
            ValueError: it is not a number.
        """
        return float(self.query.get("seconds", [str(default)])[0])

    @property
    def bytes(self) -> int | None:
        """The query's `bytes`; None without it.

        Raises:
            ValueError: it is not a whole number.
        """
        return int(self.query["bytes"][0]) if "bytes" in self.query else None


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read one request with its body, which nothing is done with.

    Raises:
        asyncio.IncompleteReadError: the client closed.
        ValueError: the request is not HTTP.
    """
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")[:-2]
    method, target, version = first.split(" ")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    url = urlsplit(target)
    request = Request(method, url.path, parse_qs(url.query), headers, version)
    await _skip_body(reader, headers)
    return request


async def _skip_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> None:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int((await reader.readline()).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        while (await reader.readline()).strip():
            pass
    elif length := int(headers.get("content-length", "0")):
        await reader.readexactly(length)


def head_bytes(status: str, headers: Mapping[str, str]) -> bytes:
    """An answer's head."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def accept_of(key: str) -> str:
    """The `Sec-WebSocket-Accept` for a client's key."""
    return base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every message with itself until the client closes.

    Raises:
        asyncio.IncompleteReadError: the client went away without closing.
    """
    heartbeat = asyncio.create_task(_beat(writer))
    try:
        while True:
            first, payload = await _read_frame(reader)
            opcode = first & 0x0F
            if opcode == _PING:
                first = _FINAL | _PONG
            if opcode != _PONG:
                writer.write(_frame(first, payload))
                await writer.drain()
            if opcode == _CLOSE:
                return
    finally:
        heartbeat.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await heartbeat


async def _beat(writer: asyncio.StreamWriter) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        writer.write(_frame(_FINAL | _PING, b""))
        await writer.drain()


async def _read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", await reader.readexactly(8))
    mask = await reader.readexactly(4) if second & 0x80 else b"\0\0\0\0"
    payload = await reader.readexactly(length)
    return first, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def _frame(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", first, length) + payload
    if length < 1 << 16:
        return struct.pack("!BBH", first, 126, length) + payload
    return struct.pack("!BBQ", first, 127, length) + payload
