"""The port of an instance: it speaks HTTPS to a client that begins a handshake, and else HTTP."""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_HANDSHAKE = b"\x16"
"""What a TLS connection begins with. Source: RFC 8446, 5.1, ContentType."""


async def serve_for_ever(listener: socket.socket, certificate: Path, serve: Serve) -> None:
    """Answer every connection of `listener`, which listens.

    Args:
        listener: Not blocking.
        certificate: A file with a certificate and its key, in PEM. It is read for the first client
            that speaks TLS.
        serve: Answers the requests of one connection.
    """
    loop = asyncio.get_running_loop()
    context = functools.cache(functools.partial(_tls, certificate))
    tasks: set[asyncio.Task[None]] = set()
    while True:
        connection, _ = await loop.sock_accept(listener)
        task = asyncio.create_task(_serve(connection, context, serve))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def _serve(
    connection: socket.socket, context: Callable[[], ssl.SSLContext], serve: Serve
) -> None:
    loop = asyncio.get_running_loop()
    try:
        first = await _first_byte(connection)
        tls = context() if first == _HANDSHAKE else None
        await loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(), serve), connection, ssl=tls
        )
    except OSError:  # Reset, or a handshake that failed.
        connection.close()


async def _first_byte(connection: socket.socket) -> bytes:
    """The first byte, which stays to be read; empty if the client closes."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            return connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            readable = asyncio.Event()
            loop.add_reader(connection, readable.set)
            try:
                await readable.wait()
            finally:
                loop.remove_reader(connection)


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
