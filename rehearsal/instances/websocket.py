"""The server's side of a WebSocket: an echo with a heartbeat. Source: RFC 6455."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import struct

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE, _PING, _PONG = 0x8, 0x9, 0xA
_FINAL = 0x80
HEARTBEAT_SECONDS = 5.0
"""Shorter than any idle timeout that makes sense, so that a silent client stays connected."""


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
