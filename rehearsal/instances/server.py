"""The HTTP server that an instance is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import deque

from rehearsal.instances.behaviour import KEEP_ALIVE_SECONDS, Behaviour
from rehearsal.instances.message import Request, accept_of, echo, head_bytes, read_request
from rehearsal.instances.site import Identity, SitePage, page_at

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
        if not self._behaviour.is_healthy:
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
