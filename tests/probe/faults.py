"""The faults that the prober must tell apart, each as a script for the fault server."""

from __future__ import annotations

import asyncio

from tests.probe.fault_server import Script, Visit


async def good(visit: Visit) -> None:
    visit.answer(200, b"ok\n", "X-Slot: 01", "X-Build: v1")


def every(n: int, faulty: Script, otherwise: Script = good) -> Script:
    """Play `faulty` for each `n`-th request, so that the others show that probing goes on."""

    async def script(visit: Visit) -> None:
        await (faulty if visit.total % n == n - 1 else otherwise)(visit)

    return script


async def reset_in_body(visit: Visit) -> None:
    visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 100)
    await visit.writer.drain()
    await asyncio.sleep(0.02)  # lets the bytes arrive before the reset that would overtake them
    visit.reset()


async def half_an_answer(visit: Visit) -> None:
    visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
    visit.close()


async def huge_body(visit: Visit) -> None:
    visit.answer(200, b"x" * (4 << 20))


async def huge_body_without_length(visit: Visit) -> None:
    visit.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    for _ in range(64):
        visit.write(chunk)
        await visit.writer.drain()


async def bad_gateway(visit: Visit) -> None:
    visit.answer(502, b"bad gateway\n", "X-Slot: 02")


async def not_found(visit: Visit) -> None:
    visit.answer(404, b"not found\n")


async def no_answer(visit: Visit) -> None:
    visit.close()


async def reset_before_answer(visit: Visit) -> None:
    visit.reset()


async def not_http(visit: Visit) -> None:
    visit.write(b"220 mail.example.com ESMTP\r\n\r\n")


async def silent(visit: Visit) -> None:
    await asyncio.Event().wait()


async def silent_in_body(visit: Visit) -> None:
    visit.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
    await asyncio.Event().wait()


async def closes_kept_alive_under_a_request(visit: Visit) -> None:
    """Answers the first request of a connection and drops it on the second."""
    if visit.nth:
        visit.close()
    else:
        await good(visit)


async def closes_kept_alive_after_an_answer(visit: Visit) -> None:
    """Promises to keep the connection and closes it at once."""
    await good(visit)
    visit.close()


def bad_gateway_for(seconds: float, after_s: float) -> Script:
    """502 once, from `after_s` after the first request on."""
    return during(bad_gateway, seconds, after_s)


def freeze_for(seconds: float, after_s: float) -> Script:
    """Answer nothing once for `seconds`, then everything that has waited."""
    thawed = asyncio.Event()
    began: list[float] = []

    async def script(visit: Visit) -> None:
        loop = asyncio.get_running_loop()
        if not began:
            began.append(loop.time())
            loop.call_later(after_s + seconds, thawed.set)
        if loop.time() - began[0] >= after_s:
            await thawed.wait()
        await good(visit)

    return script


def during(faulty: Script, seconds: float, after_s: float) -> Script:
    """Play `faulty` once, from `after_s` after the first request on."""
    began: list[float] = []

    async def script(visit: Visit) -> None:
        now = asyncio.get_running_loop().time()
        if not began:
            began.append(now)
        is_faulty = after_s <= now - began[0] < after_s + seconds
        await (faulty if is_faulty else good)(visit)

    return script
