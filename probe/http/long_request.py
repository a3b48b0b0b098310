"""A request that lasts: a download read at such a pace that it is open across a change."""

from __future__ import annotations

import asyncio

from probe.fault import ConnectionEnded, ExchangeError, Phase, RequestFault
from probe.http.attempt import Attempt
from probe.http.connection import Connection
from probe.http.dial import Dialer
from probe.http.exchange import carry
from probe.http.response import Response
from probe.options.request import request_bytes
from probe.options.run_options import RunOptions
from probe.timing.clock import ProbeClock
from probe.timing.stall import Deadline, StallWatch

_UNLIMITED_BYTES = 1 << 62
_RECEIVE_BUFFER_BYTES = 16 << 10
"""Small, so that what we do not read stays with the server and the request is really open."""

_MIN_PAUSE_SECONDS = 0.01


class LongRequests:
    """Makes requests that are read no faster than so that they last as long as asked for.

    The timeout holds for the head and for each silence of the server within the body. A body that
    still flows when its time is over is closed by us, and was well.
    """

    def __init__(
        self, options: RunOptions, clock: ProbeClock, watch: StallWatch, dialer: Dialer
    ) -> None:
        self._options = options
        self._clock = clock
        self._watch = watch
        self._dialer = dialer

    async def run(self, attempt: Attempt, long_s: float) -> None:
        """Make one of `long_s` seconds; raises nothing that the network does.

        Cancelling it is how the run ends it; that is recorded as well if it was.
        """
        expected = self._options.expected_status
        try:
            async with Deadline(self._clock, self._watch, self._options.timeout_s) as deadline:
                await self._held(attempt, long_s, deadline)
            status = attempt.response.status if attempt.response else None
            if status is not None and (found := expected.fault_of(status)) is not None:
                attempt.fault, attempt.detail = found
        except (OSError, ExchangeError, ConnectionEnded) as error:
            attempt.fail(error, expected, self._clock.monotonic())
        except asyncio.CancelledError:
            attempt.detail = "open and well when the run ended"
            if attempt.phase is not Phase.BODY:
                attempt.fault, attempt.detail = RequestFault.RUN_ENDED, None
        attempt.ended_s = self._clock.monotonic()

    async def _held(self, attempt: Attempt, long_s: float, deadline: Deadline) -> None:
        """Connect, send, and read at the pace, until the end of the body or of the time."""
        target = attempt.target
        try:
            connection = await self._dialer.open(
                target.origin, attempt.dialing, receive_buffer_bytes=_RECEIVE_BUFFER_BYTES
            )
        finally:
            attempt.phase = attempt.dialing.phase
            attempt.address = attempt.dialing.address
        pace = _Pace(connection, deadline, self._clock, long_s)
        pace.response = response = Response(
            is_head_request=False, max_body_bytes=_UNLIMITED_BYTES, on_body=pace.take
        )
        headers, user_agent = self._options.headers_to(target), self._options.user_agent
        request = request_bytes(target, "GET", headers, user_agent, closes=True)
        limit = asyncio.timeout(long_s + self._options.timeout_s)
        try:
            async with limit:
                await carry(attempt, connection, request, response, self._clock)
        except TimeoutError:
            if not limit.expired():
                raise
            attempt.detail = f"held for {long_s:g} s, then closed by us"
        finally:
            connection.close()


class _Pace:
    """Reads as much of a body as the time that has passed is of the time that it shall last."""

    def __init__(
        self, connection: Connection, deadline: Deadline, clock: ProbeClock, long_s: float
    ) -> None:
        self.response: Response | None = None
        self._connection = connection
        self._deadline = deadline
        self._clock = clock
        self._long_s = long_s
        self._begun_s = clock.monotonic()

    def take(self, _: bytes) -> None:
        """Called with each piece; pauses the connection if it is ahead."""
        pause_s = self._ahead_s()
        self._deadline.extend(pause_s)
        if pause_s > _MIN_PAUSE_SECONDS:
            self._connection.pause_reading(pause_s)

    def _ahead_s(self) -> float:
        response = self.response
        if response is None or not response.content_length:
            return 0.0
        due_s = self._begun_s + self._long_s * response.body_bytes / response.content_length
        return max(due_s - self._clock.monotonic(), 0.0)
