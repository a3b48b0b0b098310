"""The result of a run so far: a fold over the lines of its record, in constant memory.

The live view, the end of a run and the report of a file all come from this one fold, so they
cannot differ.
"""

from __future__ import annotations

import enum
from collections import Counter

from probe.fault import RequestFault
from probe.record.line import (
    EndLine,
    Line,
    LineKind,
    MarkLine,
    RequestLine,
    RequestOutcome,
    RunLine,
    StallLine,
    Stream,
)
from probe.summary.outage import Gap, Gaps, Outages, OutageWindow
from probe.summary.tally import (
    MAX_GROUPS,
    OTHER,
    SHARE_CONFIDENCE,
    RequestCounts,
    Sketch,
    Tally,
    latency_bucket,
    slot_of,
)
from rollout.binomial import Bound, binomial_bound

KEPT_STALLS = 200
KEPT_MARKS = 1000


class Result(enum.Enum):
    """The verdict of a run; its value is the exit code."""

    PASS = 0
    FAIL = 1
    INCONCLUSIVE = 3
    """Nothing failed, but too little was measured or kept to prove that nothing would have."""


class StreamSummary:
    """One stream's tally, its windows and its gaps."""

    def __init__(self, stream: Stream, started_s: float) -> None:
        self.tally = Tally()
        self.outages = Outages(stream)
        self.gaps = Gaps(started_s)


class RunSummary:
    """The fold. Add the run's line first; everything else in the order in which it ended."""

    def __init__(self) -> None:
        self.run: RunLine | None = None
        self.end: EndLine | None = None
        self.last_s = 0.0
        self.total = RequestCounts()
        self.steady = Tally()
        """Of the requests on the schedule; slots, builds and latencies are theirs alone."""
        self.sent = 0
        self.schedule_error_ms = Sketch()
        self.modes: dict[str, Tally] = {}
        self.slots: dict[str, Tally] = {}
        self.streams: dict[Stream, StreamSummary] = {}
        self.builds: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.failures: Counter[str] = Counter()
        self.failed_statuses: Counter[int] = Counter()
        self.failed_phases: Counter[str] = Counter()
        self.exclusions: Counter[str] = Counter()
        self.connections = 0
        self.fallbacks = 0
        self.idle_closes = 0
        self.stalls: list[StallLine] = []
        self.stall_count = 0
        self.stall_ms = 0.0
        self.longest_stall_ms = 0.0
        self.marks: list[MarkLine] = []

    def add(self, line: Line) -> None:
        """Take one line in."""
        match line:
            case RequestLine():
                self._add_request(line)
            case StallLine():
                self._add_stall(line)
            case MarkLine():
                self.marks = [*self.marks, line][-KEPT_MARKS:]
            case RunLine():
                self.run = line
                self.last_s = line.started_s
                for stream in map(Stream, line.urls):
                    self.streams[stream] = StreamSummary(stream, line.started_s)
            case EndLine():
                self.end = line
                self.last_s = max(self.last_s, line.ended_s)
                self._close()

    def finished(self) -> RunSummary:
        """Close what is open, for a record that was cut off before its end."""
        if self.end is None:
            self._close()
        return self

    @property
    def started_s(self) -> float:
        """When the run began."""
        return self.run.started_s if self.run else self.last_s

    @property
    def duration_s(self) -> float:
        """From the start to the last thing that happened."""
        return self.last_s - self.started_s

    @property
    def windows(self) -> list[OutageWindow]:
        """The downtime windows of all streams, by their start."""
        streams = self.streams.values()
        listed = [window for stream in streams for window in stream.outages.windows()]
        return sorted(listed, key=lambda window: window.start_s)

    @property
    def longest_gap(self) -> tuple[Stream, Gap] | None:
        """The URL that went longest without a success on the schedule, and when."""
        gaps = [(part.outages.stream, part.gaps.longest) for part in self._scheduled()]
        return max(gaps, key=lambda pair: pair[1].length_s, default=None)

    @property
    def worst_down_s(self) -> float:
        """How long the URL was down, in all its windows, that was down longest."""
        return max((part.outages.down_s for part in self._scheduled()), default=0.0)

    @property
    def worst_degraded_s(self) -> float:
        """How long the URL was degraded that was so longest."""
        return max((part.outages.degraded_s for part in self._scheduled()), default=0.0)

    def split_share(self, slot: str) -> float | None:
        """The part of the answers with a slot header that came from `slot`; None without any."""
        answers = self._answers_of_slots()
        return self.slots[slot].judged / answers if answers else None

    def split_bound(self, slot: str) -> Bound | None:
        """What that share may be of all requests, with `SHARE_CONFIDENCE`; None without any.

        It takes milliseconds for a million requests.
        """
        answers = self._answers_of_slots()
        if not answers:
            return None
        return binomial_bound(self.slots[slot].judged, answers, SHARE_CONFIDENCE)

    def _answers_of_slots(self) -> int:
        return sum(tally.judged for tally in self.slots.values())

    def result(self, *, is_record_whole: bool = True) -> Result:
        """The verdict: too many failures, or nothing to judge by, or a pass."""
        allowed = self.run.allow_failures if self.run else 0
        if self.total.failed > allowed:
            return Result.FAIL
        if not self.total.judged or not is_record_whole:
            return Result.INCONCLUSIVE
        return (
            Result.INCONCLUSIVE if self.exclusions[RequestFault.PROBER_RESOURCES] else Result.PASS
        )

    def _scheduled(self) -> list[StreamSummary]:
        return [part for at, part in self.streams.items() if at.kind is LineKind.REQUESTS]

    def _add_request(self, line: RequestLine) -> None:
        self.last_s = max(self.last_s, line.ended_s)
        bucket = latency_bucket(line)
        self.total.count(line.verdict)
        mode = self.modes.get(line.mode)
        if mode is None:
            mode = self.modes[line.mode] = Tally()
        mode.add(line, bucket)
        if line.stream.kind is LineKind.REQUESTS:
            self._add_steady(line, bucket)
        if line.status is not None:
            self.statuses[line.status] += 1
        if line.sent:
            self.sent += 1
            self.connections += line.reused == 0 and line.connect_ms is not None
        self.fallbacks += line.fallbacks
        self.idle_closes += line.idle_closes
        self._judge(line, bucket)

    def _add_steady(self, line: RequestLine, bucket: int | None) -> None:
        self.steady.add(line, bucket)
        if line.sent:
            self.schedule_error_ms.add(line.late_ms)
        if line.slot is not None:
            slot_of(self.slots, line.slot).add(line, bucket)
        if line.build is not None:
            known = line.build in self.builds or len(self.builds) < MAX_GROUPS
            self.builds[line.build if known else OTHER] += 1

    def _judge(self, line: RequestLine, bucket: int | None) -> None:
        stream = self.streams.get(line.stream)
        if stream is None:
            stream = self.streams[line.stream] = StreamSummary(line.stream, self.started_s)
        stream.tally.add(line, bucket)
        match line.verdict:
            case RequestOutcome.OK:
                stream.outages.succeeded(line.ended_s)
                stream.gaps.succeeded(line.ended_s)
            case RequestOutcome.FAILED:
                stream.outages.failed(line)
                self.failures[str(line.error)] += 1
                self.failed_phases[line.phase] += 1
                if line.status is not None:
                    self.failed_statuses[line.status] += 1
            case RequestOutcome.EXCLUDED:
                self.exclusions[str(line.error)] += 1

    def _add_stall(self, line: StallLine) -> None:
        self.last_s = max(self.last_s, line.end_s)
        self.stall_count += 1
        self.stall_ms += line.lost_ms
        self.longest_stall_ms = max(self.longest_stall_ms, line.lost_ms)
        if len(self.stalls) < KEPT_STALLS:
            self.stalls.append(line)
        for stream in self.streams.values():
            stream.gaps.stalled(line.start_s, line.end_s)

    def _close(self) -> None:
        for stream in self.streams.values():
            stream.outages.close()
            stream.gaps.finished(self.last_s)
