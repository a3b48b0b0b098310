"""One request of the schedule, over a fresh or a kept-alive connection."""

from __future__ import annotations

from probe.fault import ConnectionEnded, ExchangeError, Phase, RequestFault
from probe.http.attempt import Attempt
from probe.http.connection import Connection, Pool
from probe.http.dial import Dialer
from probe.http.response import Response
from probe.options.request import request_bytes
from probe.options.run_options import RunOptions
from probe.options.target import Origin, ProbeTarget
from probe.record.line import Mode
from probe.timing.clock import ProbeClock
from probe.timing.stall import Deadline, StallWatch

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Exchanges:
    """Makes requests by the options; one object for a run."""

    def __init__(
        self, options: RunOptions, clock: ProbeClock, watch: StallWatch, dialer: Dialer
    ) -> None:
        self._options = options
        self._clock = clock
        self._watch = watch
        self._dialer = dialer
        self._pools: dict[Origin, Pool] = {}

    async def run(self, attempt: Attempt) -> None:
        """Make one request and write down how it went; raises nothing that the network does."""
        try:
            async with Deadline(self._clock, self._watch, self._options.timeout_s):
                await self._follow(attempt)
        except (OSError, ExchangeError, ConnectionEnded) as error:
            attempt.fail(error, self._options.expected_status, self._clock.monotonic())
        attempt.ended_s = self._clock.monotonic()

    async def _follow(self, attempt: Attempt) -> None:
        """Request the target, and where asked for what it redirects to."""
        body = bytearray()
        target = attempt.target
        while True:
            body.clear()
            response = await self._request(attempt, target, body)
            location = response.headers.get("location", "")
            if not self._options.follows_redirects or response.status not in _REDIRECTS:
                break
            attempt.redirects += 1
            if attempt.redirects > MAX_REDIRECTS:
                raise ExchangeError(
                    RequestFault.REDIRECT_FAILED, f"more than {MAX_REDIRECTS} redirects"
                )
            try:
                target = target.redirected(location)
            except ValueError as error:
                detail = f"{location[:80]!r} is not {error}"
                raise ExchangeError(RequestFault.REDIRECT_FAILED, detail) from error
        found = self._options.fault_of(response.status, bytes(body))
        if found is not None:
            attempt.fault, attempt.detail = found

    async def _request(self, attempt: Attempt, target: ProbeTarget, body: bytearray) -> Response:
        """Get a connection, send, and wait for the whole answer."""
        pool = self._pool(target.origin) if attempt.mode is Mode.KEPT else None
        connection: Connection | None = None
        kept: Connection | None = None
        attempt.response = None
        try:
            connection = await self._connection(attempt, target.origin, pool)
            response = self._response(body)
            request = self._bytes_for(attempt, target)
            await carry(attempt, connection, request, response, self._clock)
            if pool is not None and response.keeps_alive and connection.is_open:
                kept = connection
            else:
                connection.close_soon()
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        finally:
            if pool is not None:
                pool.give_back(kept)
        return response

    async def _connection(self, attempt: Attempt, origin: Origin, pool: Pool | None) -> Connection:
        """A connection of the attempt's mode.

        Raises:
            ExchangeError: the one whose turn it was had been closed too early by the server.
        """
        if pool is not None:
            taken = pool.take(self._clock.monotonic())
            attempt.idle_closes += taken.idle_closes
            if taken.closed is not None:
                attempt.phase = Phase.SEND
                attempt.address, attempt.reused = taken.closed.address, taken.closed.carried
                raise ExchangeError(RequestFault.KEPT_ALIVE_CLOSED, taken.closed.detail)
            if taken.connection is not None:
                attempt.address = taken.connection.address
                attempt.reused = taken.connection.carried
                return taken.connection
        attempt.reused = 0
        try:
            return await self._dialer.open(origin, attempt.dialing)
        finally:
            attempt.phase = attempt.dialing.phase
            attempt.address = attempt.dialing.address

    def _pool(self, origin: Origin) -> Pool:
        pool = self._pools.get(origin)
        if pool is None:
            pool = Pool(self._options.kept_connections, self._watch.lost_seconds)
            self._pools[origin] = pool
        return pool

    def _response(self, body: bytearray) -> Response:
        needs_body = self._options.expected_body is not None
        return Response(
            is_head_request=self._options.method == "HEAD",
            max_body_bytes=self._options.max_body_bytes,
            on_body=body.extend if needs_body else None,
        )

    def _bytes_for(self, attempt: Attempt, target: ProbeTarget) -> bytes:
        headers = self._options.headers_to(attempt.target)
        if target.origin != attempt.target.origin:
            headers = tuple(h for h in headers if h.may_cross(self._options.secret_names))
        return request_bytes(
            target,
            attempt.method,
            headers,
            self._options.user_agent,
            closes=attempt.mode is not Mode.KEPT,
        )


async def carry(
    attempt: Attempt, connection: Connection, request: bytes, response: Response, clock: ProbeClock
) -> None:
    """Send over `connection` and note how far it gets, whatever comes of it.

    Raises:
        OSError: the connection broke.
        ConnectionEnded: the server closed before the answer was whole.
        ExchangeError: the answer is malformed or too large.
    """
    attempt.sent_s = clock.monotonic()
    attempt.phase = Phase.SEND
    try:
        await connection.exchange(request, response)
    finally:
        attempt.phase = connection.phase
        attempt.first_byte_s = connection.first_byte_s
        attempt.response = response if response.has_head else None
    attempt.phase = Phase.DONE
