"""One health check of one target, over HTTP on a new connection, as a load balancer makes it."""

from __future__ import annotations

import asyncio

from rehearsal.control_plane.topology import TopologyHealthCheck
from rehearsal.data_plane.check_result import NO_ANSWER, TIMED_OUT, CheckResult, judged

USER_AGENT = "ELB-HealthChecker/2.0"


async def checked(address: tuple[str, int], check: TopologyHealthCheck) -> CheckResult:
    """Make the check and judge its answer."""
    try:
        async with asyncio.timeout(check.timeout_seconds):
            status = await _status(address, check)
    except TimeoutError:
        return TIMED_OUT
    except (OSError, ValueError, EOFError):
        return NO_ANSWER
    return judged(status, check.matcher)


async def _status(address: tuple[str, int], check: TopologyHealthCheck) -> int:
    """The status of the answer.

    Raises:
        OSError: refused or reset.
        ValueError: what came is no HTTP.
        EOFError: closed without an answer.
    """
    host, port = address
    reader, writer = await asyncio.open_connection(host, port)
    try:
        lines = (
            f"GET {check.path} HTTP/1.1",
            f"Host: {host}:{port}",
            f"User-Agent: {USER_AGENT}",
            "Connection: close",
        )
        writer.write("\r\n".join([*lines, "", ""]).encode())
        first = await reader.readline()
        if not first:
            raise EOFError
        version, status = first.split()[:2]
        if not version.startswith(b"HTTP/1."):
            raise ValueError(first)
        await reader.read()
        return int(status)
    finally:
        writer.close()
