"""Sends the requests of a run on their schedule and reports a line for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from probe.fault import Phase, RequestFault
from probe.http.attempt import Attempt, LineMaker
from probe.http.dial import Dialer, Lookup
from probe.http.exchange import Exchanges
from probe.http.long_request import LongRequests
from probe.http.websocket import WebSockets
from probe.options.run_options import RunOptions
from probe.options.target import ProbeTarget, tls_context
from probe.record.line import SCHEMA, EndLine, Line, MarkLine, Mode, RunLine, StallLine
from probe.timing.clock import ProbeClock, WallTime
from probe.timing.schedule import Launch, Rotation, Schedule, launch_at
from probe.timing.stall import BEAT_SECONDS, Stall, StallKind, StallWatch

OnLine = Callable[[Line, bytes], None]
"""Gets each line of the record as it comes, and the head of its answer, if any."""

_TIMER_SECONDS = 0.0005
"""uvloop's timers count whole milliseconds, rounded."""

_BURST = 64
"""So many requests that are due at once leave before the loop gets its turn."""


class Prober:
    """One run. Make it inside a running event loop; `run` returns when it has ended."""

    def __init__(self, options: RunOptions, clock: ProbeClock, on_line: OnLine) -> None:
        """Be ready.

        Raises:
            OSError: the CA file cannot be read.
        """
        self._options = options
        self._most_in_flight = options.most_in_flight
        self._clock = clock
        self._on_line = on_line
        self._wall = WallTime(clock)
        self._watch = StallWatch(clock, self._report_stall)
        self._lines = LineMaker(
            self._wall, self._watch, options.slot_header.lower(), options.build_header.lower()
        )
        context = tls_context(options.ca_file) if options.needs_tls else None
        self._dialer = Dialer(clock, Lookup(clock, options.overrides), context)
        self._exchanges = Exchanges(options, clock, self._watch, self._dialer)
        self._long_requests = LongRequests(options, clock, self._watch, self._dialer)
        self._websockets = WebSockets(options, clock, self._watch, self._dialer, self._report)
        self._waiting: set[asyncio.Task[None]] = set()
        self._held: set[asyncio.Task[None]] = set()
        self._pacing: asyncio.Task[None] | None = None
        self._reason = "duration"
        self._is_cut = False

    @property
    def in_flight(self) -> int:
        """Requests of the schedule that are not answered yet."""
        return len(self._waiting)

    def stop(self, reason: str) -> None:
        """Plan no more requests; `run` returns once those in flight have ended."""
        self._reason = reason
        if self._pacing is not None:
            self._pacing.cancel()

    def cut(self, reason: str) -> None:
        """Stop, and end what is in flight at once; it is recorded as cut off by us."""
        self._is_cut = True
        self.stop(reason)
        for task in self._waiting:
            task.cancel()

    def mark(self, text: str) -> None:
        """Write into the record that something happened elsewhere, now."""
        self._on_line(MarkLine(self._wall.at(self._clock.monotonic()), text), b"")

    async def run(self) -> None:
        """Run to the end of the duration, or until `stop` or `cut`."""
        started_s = self._clock.monotonic()
        self._on_line(self._run_line(started_s), b"")
        beating = asyncio.get_running_loop().call_soon(self._beat)
        self._beating: asyncio.Handle = beating
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._start_held(started_s)
                self._pacing = group.create_task(self._pace(started_s))
                await asyncio.wait([self._pacing])
                await self._drained()
                for task in tuple(self._held):
                    task.cancel()
        finally:
            self._beating.cancel()
            await self._dialer.close()
        self._watch.beat()
        self._on_line(EndLine(self._wall.at(self._clock.monotonic()), self._reason), b"")

    async def _pace(self, started_s: float) -> None:
        """Launch each request at its time; when late, all that are due before the next wait."""
        options = self._options
        schedule = Schedule(started_s, options.rate_per_s, options.duration_s)
        rotation = Rotation(options.targets, options.modes)
        index = 0
        while schedule.total is None or index < schedule.total:
            planned_s = schedule.planned_s(index)
            if index % _BURST == 0:
                await asyncio.sleep(0)
            await self._until(planned_s)
            target, mode = rotation.turn(index)
            self._launch(index, target, mode, planned_s)
            index += 1

    async def _until(self, planned_s: float) -> None:
        """Sleep until a monotonic time and never less: an early send would shorten its latency."""
        while (early_s := planned_s - self._clock.monotonic()) > 0:  # noqa: ASYNC110  (time has no event)
            await asyncio.sleep(early_s + _TIMER_SECONDS)

    def _launch(self, seq: int, target: ProbeTarget, mode: Mode, planned_s: float) -> None:
        self._watch.beat()
        now_s = self._clock.monotonic()
        attempt = Attempt(seq, target, mode, self._options.method, planned_s, now_s)
        match launch_at(planned_s, now_s, len(self._waiting), self._most_in_flight):
            case Launch.SEND:
                task = self._spawn(self._waiting, self._one(attempt))
                task.add_done_callback(lambda done: self._cut_before_start(done, attempt))
            case Launch.TOO_LATE:
                self._give_up(
                    attempt, RequestFault.PROBER_LATE, "the prober was late, not the target"
                )
            case Launch.AT_THE_CAP:
                detail = f"{len(self._waiting)} requests were waiting for answers"
                self._give_up(attempt, RequestFault.CAP_REACHED, detail)

    def _give_up(self, attempt: Attempt, fault: RequestFault, detail: str) -> None:
        attempt.phase, attempt.fault, attempt.detail = Phase.NONE, fault, detail
        attempt.ended_s = attempt.started_s
        self._report(attempt)

    def _cut_before_start(self, done: asyncio.Task[None], attempt: Attempt) -> None:
        """A task that is cancelled before its first step runs nothing, so this reports for it."""
        if done.cancelled():
            self._give_up(attempt, RequestFault.RUN_ENDED, "")

    async def _one(self, attempt: Attempt) -> None:
        try:
            await self._exchanges.run(attempt)
        except asyncio.CancelledError:
            attempt.fault = attempt.fault or RequestFault.RUN_ENDED
            attempt.ended_s = self._clock.monotonic()
        self._report(attempt)

    def _start_held(self, started_s: float) -> None:
        options = self._options
        if options.long_s is not None:
            for target in options.held_targets:
                self._spawn(self._held, self._pace_long(target, started_s, options.long_s))
        for target in options.held_websockets:
            self._spawn(self._held, self._websockets.hold(target))

    async def _pace_long(self, target: ProbeTarget, started_s: float, long_s: float) -> None:
        """Begin a long request each half of its length, so that one is always well under way."""
        schedule = Schedule(started_s, 2 / long_s)
        seq = 0
        while True:
            planned_s = schedule.planned_s(seq)
            await self._until(planned_s)
            now_s = self._clock.monotonic()
            attempt = Attempt(seq, target, Mode.LONG, "GET", planned_s, now_s)
            self._spawn(self._held, self._one_long(attempt, long_s))
            seq += 1

    async def _one_long(self, attempt: Attempt, long_s: float) -> None:
        await self._long_requests.run(attempt, long_s)
        self._report(attempt)

    def _spawn(
        self, group: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]
    ) -> asyncio.Task[None]:
        task = self._group.create_task(work)
        group.add(task)
        task.add_done_callback(group.discard)
        return task

    async def _drained(self) -> None:
        while self._waiting:
            await asyncio.wait(tuple(self._waiting))

    def _beat(self) -> None:
        self._watch.beat()
        step_s = self._wall.step_seconds()
        if step_s:
            self.mark(f"the wall clock was set by {step_s:+.3f} s; times here do not follow it")
        self._beating = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._beat)

    def _report(self, attempt: Attempt) -> None:
        head = attempt.response.head if attempt.response else b""
        self._on_line(self._lines.line(attempt), head)

    def _report_stall(self, stall: Stall) -> None:
        unseen_s = stall.lost_s - (stall.end_s - stall.start_s)
        if stall.kind is StallKind.ASLEEP:
            self._wall.skip(unseen_s)
        end_s = self._wall.at(stall.end_s)
        line = StallLine(stall.kind, end_s - stall.lost_s, end_s, stall.lost_s * 1000)
        self._on_line(line, b"")

    def _run_line(self, started_s: float) -> RunLine:
        options = self._options
        return RunLine(
            schema=SCHEMA,
            started_s=self._wall.at(started_s),
            urls=list(dict.fromkeys(target.url for target in options.targets)),
            rate_per_s=options.rate_per_s,
            duration_s=options.duration_s,
            timeout_s=options.timeout_s,
            method=options.method,
            modes=[str(mode) for mode in options.modes],
            expect=options.expected_status.text,
            allow_failures=options.allow_failures,
            prober=options.user_agent,
        )
