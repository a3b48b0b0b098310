"""HTTP/1.1 requests and answers, as far as an instance needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


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
        wish = self.headers.get("connection", "").lower()
        return wish != "close" if self.version == "HTTP/1.1" else wish == "keep-alive"

    @property
    def is_health_check(self) -> bool:
        """Whether a load balancer checks, or somebody asks the same by hand."""
        agent = self.headers.get("user-agent", "")
        return agent.startswith("ELB-HealthChecker/") or self.path.endswith("/healthz")

    def seconds(self, default: float) -> float:
        """The query's `seconds`.

        Raises:
            ValueError: it is no number.
        """
        return float(self.query.get("seconds", [str(default)])[0])

    @property
    def bytes(self) -> int | None:
        """The query's `bytes`; None without it.

        Raises:
            ValueError: it is no whole number.
        """
        return int(self.query["bytes"][0]) if "bytes" in self.query else None


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read one request with its body, which nothing is done with.

    Raises:
        asyncio.IncompleteReadError: the client closed.
        ValueError: this is no HTTP.
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
