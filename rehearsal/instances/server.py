"""The HTTP server that an instance is: its answers, the messages that it reads, its WebSocket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import struct
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from rehearsal.instances.behaviour import KEEP_ALIVE_SECONDS, Behaviour, Identity, SitePage, page_at

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE, _PING, _PONG = 0x8, 0x9, 0xA
_FINAL = 0x80
HEARTBEAT_SECONDS = 5.0
"""Shorter than any idle timeout that makes sense, so that a silent client stays connected."""
_CHUNK_BYTES = 1024
_CHUNKS_PER_SECOND = 10
_FILE_CHUNK_BYTES = 64 << 10
_CRASHED = 70
_HEALTHY = SitePage("200 OK", "text/plain", b"ok\n")
_UNHEALTHY = SitePage("503 Service Unavailable", "text/plain", b"not ready\n")
_ERROR = SitePage("500 Internal Server Error", "text/plain", b"something broke\n")
_BAD_REQUEST = SitePage("400 Bad Request", "text/plain", b"seconds and bytes are numbers\n")


class InstanceServer:
    """Serves one instance's site with the behaviour of its build."""

    def __init__(self, identity: Identity, behaviour: Behaviour) -> None:
        self._identity = identity
        self._behaviour = behaviour
        self._requests = 0
        self._recent: deque[float] = deque()
        named = {
            "Server": "failover-rehearsal",
            "X-Build": behaviour.reported_build or identity.build,
            "X-Slot": identity.slot,
            "X-Service": identity.service,
            "X-Instance": identity.instance_id,
        }
        self._headers = {name: value for name, value in named.items() if value is not None}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        try:
            with contextlib.suppress(
                asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError
            ):
                async with asyncio.timeout(None) as idle:
                    await self._answer_all(reader, writer, idle)
        except TimeoutError:
            pass  # idle for longer than any load balancer keeps it
        finally:
            writer.close()

    async def _answer_all(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle: asyncio.Timeout
    ) -> None:
        loop = asyncio.get_running_loop()
        idle_since: float | None = None
        is_open = True
        while is_open:
            idle.reschedule(loop.time() + KEEP_ALIVE_SECONDS)
            request = await read_request(reader)
            idle.reschedule(None)
            if idle_since is not None and not request.is_health_check:
                is_given_up = loop.time() - idle_since > self._behaviour.gives_up_idle_seconds
                if is_given_up:
                    return
            is_open = await self._answer(request, reader, writer)
            idle_since = loop.time()

    async def _answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request. True if the connection stays open."""
        if request.is_health_check:
            return await self._send(request, self._health(request.path), writer)
        self._count()
        if self._behaviour.delay_seconds:
            await asyncio.sleep(self._behaviour.delay_seconds)
        if self._is_an_error():
            return await self._send(request, _ERROR, writer)
        if request.path.endswith("/ws") and "sec-websocket-key" in request.headers:
            await self._upgrade(request, reader, writer)
            return False
        try:
            if request.path.endswith("/download"):
                if (size := request.bytes) is not None:
                    return await self._send_file(request, size, writer)
                return await self._download(request, request.seconds(30.0), writer)
            if request.path.endswith("/wait"):
                await asyncio.sleep(request.seconds(1.0))
        except ValueError:
            return await self._send(request, _BAD_REQUEST, writer)
        page = page_at(request.path, self._identity, self._behaviour)
        return await self._send(request, page, writer)

    def _health(self, path: str) -> SitePage:
        needed = self._behaviour.needed_file
        is_lacking = needed is not None and needed not in self._identity.files
        if is_lacking or not self._behaviour.is_healthy:
            return _UNHEALTHY
        is_page = not path.endswith("/healthz")
        return page_at(path, self._identity, self._behaviour) if is_page else _HEALTHY

    def _count(self) -> None:
        """Count a request, and crash if it is one too many."""
        self._requests += 1
        limit = self._behaviour.crash_per_second
        if limit is None:
            return
        now = time.monotonic()
        self._recent.append(now)
        while self._recent[0] < now - 1.0:
            self._recent.popleft()
        if len(self._recent) > limit:
            os._exit(_CRASHED)

    def _is_an_error(self) -> bool:
        if time.time() % 60 < self._behaviour.dip_seconds and self._requests % 2 == 0:
            return True
        every, number = self._behaviour.error_every, self._requests
        return every is not None and number > self._behaviour.works_at_first and number % every == 0

    async def _send(self, request: Request, page: SitePage, writer: asyncio.StreamWriter) -> bool:
        head = self._head(request, page.status, page.content_type, len(page.body))
        writer.write(head if request.method == "HEAD" else head + page.body)
        await writer.drain()
        return request.is_kept_alive

    async def _download(
        self, request: Request, seconds: float, writer: asyncio.StreamWriter
    ) -> bool:
        """Send a file at such a pace that it takes that long."""
        chunks = max(1, round(seconds * _CHUNKS_PER_SECOND))
        size = chunks * _CHUNK_BYTES
        writer.write(self._head(request, "200 OK", "application/octet-stream", size))
        if request.method == "HEAD":
            return request.is_kept_alive
        for _ in range(chunks):
            await asyncio.sleep(1 / _CHUNKS_PER_SECOND)
            writer.write(b"." * _CHUNK_BYTES)
            await writer.drain()
        return request.is_kept_alive

    async def _send_file(self, request: Request, size: int, writer: asyncio.StreamWriter) -> bool:
        """Send a file as fast as the client takes it."""
        writer.write(self._head(request, "200 OK", "application/octet-stream", size))
        left = 0 if request.method == "HEAD" else size
        while left > 0:
            writer.write(b"." * min(left, _FILE_CHUNK_BYTES))
            await writer.drain()
            left -= _FILE_CHUNK_BYTES
        return request.is_kept_alive

    async def _upgrade(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        accept = accept_of(request.headers["sec-websocket-key"])
        upgrade = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": accept,
        }
        writer.write(head_bytes("101 Switching Protocols", {**self._headers, **upgrade}))
        await echo(reader, writer)

    def _head(self, request: Request, status: str, content_type: str, length: int) -> bytes:
        framing = {"Content-Type": content_type, "Content-Length": str(length)}
        if not request.is_kept_alive:
            framing["Connection"] = "close"
        return head_bytes(status, {**self._headers, **framing})


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
