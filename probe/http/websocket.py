"""A WebSocket held open across a change: pinged each second, reopened when it is lost."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from probe.fault import Phase, RequestFault
from probe.http.attempt import Attempt, fault_of
from probe.http.dial import Dialer
from probe.options.run_options import RunOptions
from probe.options.target import ProbeTarget
from probe.record.line import Mode
from probe.timing.clock import ProbeClock
from probe.timing.stall import Deadline, StallWatch

PING_SECONDS = 1.0
RETRY_SECONDS = 0.5
_MAX_MESSAGE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Handshake:
    """The answer that opened a WebSocket; pings on it belong to the slot that it named."""

    status: int | None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    head: bytes = b""
    body_bytes: int = 0
    content_length: int | None = None


class WebSockets:
    """Holds one WebSocket for each URL that asks for it.

    It reports an `OPEN` for each handshake, a `PING` for each ping that was answered or not, and a
    `HOLD` when an open WebSocket ends, whose latency is how long it was held.
    """

    def __init__(
        self,
        options: RunOptions,
        clock: ProbeClock,
        watch: StallWatch,
        dialer: Dialer,
        report: Callable[[Attempt], None],
    ) -> None:
        self._options = options
        self._clock = clock
        self._watch = watch
        self._dialer = dialer
        self._report = report
        self._seq = 0

    async def hold(self, target: ProbeTarget) -> None:
        """Keep a WebSocket to `target` open until cancelled."""
        while True:
            opening = self._attempt(target, "OPEN")
            connection = await self._open(opening)
            opening.ended_s = self._clock.monotonic()
            self._report(opening)
            if connection is None:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            try:
                await self._keep(connection, opening)
            finally:
                connection.transport.abort()
                await connection.wait_closed()

    async def _open(self, opening: Attempt) -> ClientConnection | None:
        """Do the handshake; None, with the fault written down, if there is none."""
        try:
            async with Deadline(self._clock, self._watch, self._options.timeout_s):
                try:
                    sock = await self._dialer.open_socket(opening.target.origin, opening.dialing)
                finally:
                    opening.phase = opening.dialing.phase
                    opening.address = opening.dialing.address
                connection = await self._handshaken(sock, opening)
        except InvalidStatus as error:
            opening.phase = Phase.DONE
            opening.response = _handshake(error.response.status_code, error.response.headers)
            opening.fault = RequestFault.WEBSOCKET_REFUSED
            opening.detail = f"{error.response.status_code}, expected 101"
        except (InvalidHandshake, ValueError, EOFError) as error:
            opening.fault, opening.detail = RequestFault.WEBSOCKET_REFUSED, str(error)
        except OSError as error:
            opening.fault = fault_of(error, opening.phase, reused=False)
            opening.detail = error.strerror or str(error) or type(error).__name__
        else:
            opening.phase = Phase.DONE
            return connection
        return None

    async def _handshaken(self, sock: socket.socket, opening: Attempt) -> ClientConnection:
        target = opening.target
        opening.phase = Phase.TLS if target.origin.is_tls else Phase.FIRST_BYTE
        sent = self._options.headers_to(target)
        headers = {h.name: h.value for h in sent if h.name.lower() != "host"}
        hosts = [h.value for h in sent if h.name.lower() == "host"]
        scheme = "wss" if target.origin.is_tls else "ws"
        connection = await connect(
            f"{scheme}://{(hosts or [target.host_header])[0]}{target.path}",
            sock=sock,
            proxy=None,
            compression=None,
            additional_headers=headers,
            user_agent_header=self._options.user_agent,
            open_timeout=None,
            ping_interval=None,
            close_timeout=self._options.timeout_s,
            max_size=_MAX_MESSAGE_BYTES,
            **self._dialer.tls_arguments(target.origin),
        )
        assert connection.response is not None
        opening.response = _handshake(connection.response.status_code, connection.response.headers)
        return connection

    async def _keep(self, connection: ClientConnection, opening: Attempt) -> None:
        """Ping until the server closes, a ping is not answered, or the run ends."""
        held = self._attempt(opening.target, "HOLD", opening)
        held.phase = Phase.BODY
        reading = asyncio.create_task(_read_all(connection))
        try:
            next_s = self._clock.monotonic()
            while True:
                next_s += PING_SECONDS
                delay_s = max(next_s - self._clock.monotonic(), 0.0)
                done, _ = await asyncio.wait({reading}, timeout=delay_s)
                if done:
                    held.fault = RequestFault.WEBSOCKET_CLOSED
                    held.detail = _close_words(connection)
                    return
                if not await self._ping(connection, opening, next_s):
                    held.fault = RequestFault.WEBSOCKET_CLOSED
                    held.detail = "given up: it answered no ping"
                    return
        except asyncio.CancelledError:
            held.detail = "open and well when the run ended"
            raise
        finally:
            reading.cancel()
            held.ended_s = self._clock.monotonic()
            self._report(held)

    async def _ping(self, connection: ClientConnection, opening: Attempt, planned_s: float) -> bool:
        """Ping once; False if the connection is of no more use."""
        ping = self._attempt(opening.target, "PING", opening)
        ping.planned_s = min(planned_s, ping.started_s)
        ping.phase = Phase.FIRST_BYTE
        try:
            async with Deadline(self._clock, self._watch, self._options.timeout_s):
                pong = await connection.ping()
                await pong
            ping.phase = Phase.DONE
        except ConnectionClosed:
            return True
        except TimeoutError:
            ping.fault = RequestFault.WEBSOCKET_TIMEOUT
            ping.detail = f"no pong within {self._options.timeout_s:g} s"
        ping.ended_s = self._clock.monotonic()
        self._report(ping)
        return ping.fault is None

    def _attempt(self, target: ProbeTarget, method: str, opened: Attempt | None = None) -> Attempt:
        now_s = self._clock.monotonic()
        attempt = Attempt(self._seq, target, Mode.WEBSOCKET, method, now_s, now_s)
        self._seq += 1
        if opened is not None and isinstance(opened.response, Handshake):
            attempt.address, attempt.reused = opened.address, 1
            attempt.response = replace(opened.response, status=None)
        return attempt


async def _read_all(connection: ClientConnection) -> None:
    """Take in what the server sends, so that pongs behind it are read; ends with the connection."""
    try:
        async for _ in connection:
            pass
    except ConnectionClosed:
        return


def _close_words(connection: ClientConnection) -> str:
    code, reason = connection.close_code, connection.close_reason
    if code in (None, 1006):
        return "the connection broke without a close frame"
    return f"the server closed it with code {code}" + (f" ({reason[:80]})" if reason else "")


def _handshake(status: int, headers: Headers) -> Handshake:
    return Handshake(status, {name.lower(): value for name, value in headers.raw_items()})
