"""A prober per stream, in one loop, with a record each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ops.traffic.answer import SlotStream, answer_of
from ops.traffic.plan import TrafficPlan
from probe.options.request import SECRET_NAMES, ExpectedStatus, Header
from probe.options.run_options import RunOptions
from probe.options.target import ProbeTarget
from probe.record.file import LogFile, encoded
from probe.record.line import Line, RequestLine, StallLine
from probe.run.prober import Prober
from probe.timing.clock import SystemProbeClock

GOOD_STATUSES = "200-399"
"""What a request may be answered with; a redirect is an answer as good as another."""


class Sender:
    """All streams of a plan; made and run inside an event loop."""

    def __init__(self, plan: TrafficPlan) -> None:
        """Open the records and be ready.

        Raises:
            RecordError: a record cannot be made.
            OSError: the CA file cannot be read.
        """
        self._services = {url: service for service, url in plan.requested().items()}
        self._behind_a_login = frozenset(plan.behind_a_login)
        self._answers: list[list[Any]] = []
        self._stalls: list[list[float]] = []
        self._logs: list[LogFile] = []
        self._is_stopped = asyncio.Event()
        streams = [SlotStream.USERS, *plan.headers]
        self._probers = [self._prober(plan, stream) for stream in streams]

    async def run(self) -> None:
        """Send until `stop`, or until one of the streams ends by itself.

        Raises:
            Exception: what ended it: better no traffic than that of some slots alone.
        """
        running = asyncio.gather(*(prober.run() for prober in self._probers))
        stopped = asyncio.ensure_future(self._is_stopped.wait())
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for prober in self._probers:
            prober.stop("the ramp ended")
        await running
        for log in self._logs:
            log.close()

    def stop(self) -> None:
        """Send no more; `run` returns once what is in flight has ended."""
        self._is_stopped.set()

    def taken(self) -> dict[str, Any]:
        """What ended since this was last asked, and flush the records."""
        for log in self._logs:
            log.flush()
        answers, self._answers = self._answers, []
        stalls, self._stalls = self._stalls, []
        errors = [log.error for log in self._logs if log.error]
        return {"answers": answers, "stalls": stalls, "record_error": errors[0] if errors else None}

    def _prober(self, plan: TrafficPlan, stream: SlotStream) -> Prober:
        log = LogFile(unused(plan.folder, stream.value))
        self._logs.append(log)
        return Prober(_options(plan, stream), SystemProbeClock(), self._taker(stream, log))

    def _taker(self, stream: SlotStream, log: LogFile) -> Callable[[Line, bytes], None]:
        def take(line: Line, head: bytes) -> None:
            del head
            log.append(encoded(line))
            if isinstance(line, RequestLine):
                answer = answer_of(line, stream, self._services, self._behind_a_login)
                self._answers.append(answer.row())
            elif isinstance(line, StallLine):
                self._stalls.append([line.start_s, line.end_s])

        return take


def unused(folder: Path, name: str) -> Path:
    """`name.jsonl` in the folder, or the first numbered one that is not there.

    A ramp that goes on after a kill adds records to those that its folder has.
    """
    path, number = folder / f"{name}.jsonl", 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.jsonl"
    return path


def _options(plan: TrafficPlan, stream: SlotStream) -> RunOptions:
    requested = plan.requested()
    urls = [*requested.values()]
    asked = {
        requested[service]: tuple(Header(name, value) for name, value in headers.items())
        for service, headers in plan.request_headers.items()
    }
    header = plan.headers.get(stream)
    return RunOptions(
        targets=tuple(ProbeTarget.parse(url) for url in urls),
        rate_per_s=plan.rate_per_second * len(urls),
        timeout_s=plan.timeout_seconds,
        headers=(Header.parse(header),) if header else (),
        target_headers=asked,
        secret_names=SECRET_NAMES.union(
            each.name.lower() for held in asked.values() for each in held
        ),
        expected_status=ExpectedStatus.parse(GOOD_STATUSES),
        slot_header=plan.slot_header,
        build_header=plan.build_header,
        overrides=plan.overrides(),
        ca_file=Path(plan.route.ca_file) if plan.route.ca_file else None,
        user_agent=f"failover-ramp/{stream}",
    )
