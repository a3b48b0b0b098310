"""Runs the prober inside a test and gathers its lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from probe.fault import NOT_THE_TARGETS
from probe.options.run_options import RunOptions
from probe.options.target import ProbeTarget
from probe.record.line import Line, Mode, RequestLine, StallLine
from probe.run.prober import Prober
from probe.summary.run_summary import RunSummary
from probe.timing.clock import SystemProbeClock


@dataclass(slots=True)
class Probed:
    """What a run reported."""

    lines: list[Line] = field(default_factory=list[Line])
    heads: list[bytes] = field(default_factory=list[bytes])
    summary: RunSummary = field(default_factory=RunSummary)

    @property
    def requests(self) -> list[RequestLine]:
        return [line for line in self.lines if isinstance(line, RequestLine)]

    @property
    def sent(self) -> list[RequestLine]:
        """Without those that were given up because this machine was too busy to send in time."""
        return [line for line in self.requests if line.sent]

    @property
    def faults(self) -> list[RequestLine]:
        """Those that say what the server did wrong, excused by a stall of ours or not."""
        return [line for line in self.requests if line.error and line.error not in NOT_THE_TARGETS]

    @property
    def stalls(self) -> list[StallLine]:
        return [line for line in self.lines if isinstance(line, StallLine)]

    def of(self, mode: Mode) -> list[RequestLine]:
        """Those that were sent in this mode."""
        return [line for line in self.sent if line.mode is mode]


def options_for(
    *urls: str, rate_per_s: float = 200.0, duration_s: float | None = 0.2
) -> RunOptions:
    """40 requests in 0.2 s, unless told otherwise."""
    targets = tuple(ProbeTarget.parse(url) for url in urls)
    return RunOptions(targets, rate_per_s=rate_per_s, duration_s=duration_s)


def prepared(
    options: RunOptions, watch: Callable[[Prober, Line], None] | None = None
) -> tuple[Probed, Prober]:
    """A prober that is not running yet, and where its lines will be."""
    result = Probed()

    def on_line(line: Line, head: bytes) -> None:
        result.lines.append(line)
        result.heads.append(head)
        result.summary.add(line)
        if watch is not None:
            watch(prober, line)

    prober = Prober(options, SystemProbeClock(), on_line)
    return result, prober


async def probed(
    options: RunOptions, watch: Callable[[Prober, Line], None] | None = None
) -> Probed:
    """Run to the end; `watch` sees each line as it comes and may stop the prober."""
    result, prober = prepared(options, watch)
    await prober.run()
    return result
