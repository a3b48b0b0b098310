"""Requests over time: a bucket for each step, for the live view, the events and the report."""

from __future__ import annotations

from collections import Counter

from probe.record.line import LineKind, RequestLine, RequestOutcome
from probe.summary.tally import Sketch, Tally, latency_bucket, slot_of

OK = "ok"
STATUS_4XX = "4xx"
STATUS_5XX = "5xx"
ERROR = "error"
"""No answer, or one that was wrong in another way than its status."""

EXCLUDED = "excluded"
KINDS = (OK, STATUS_4XX, STATUS_5XX, ERROR, EXCLUDED)


def kind_of(line: RequestLine) -> str:
    """What a request counts as in a chart of statuses."""
    if line.verdict is RequestOutcome.OK:
        return OK
    if line.verdict is RequestOutcome.EXCLUDED:
        return EXCLUDED
    if line.status is not None and 400 <= line.status < 500:
        return STATUS_4XX
    if line.status is not None and line.status >= 500:
        return STATUS_5XX
    return ERROR


class Bucket:
    """What was planned in one step of time."""

    __slots__ = ("faults", "kinds", "schedule_error_ms", "slots", "steady")

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.steady = Tally()
        self.slots: dict[str, Tally] = {}
        self.schedule_error_ms = Sketch()

    @property
    def requests(self) -> int:
        """All of them, judged or not."""
        return sum(self.kinds.values())

    @property
    def failed(self) -> int:
        """Those that count against the target."""
        return self.kinds[STATUS_4XX] + self.kinds[STATUS_5XX] + self.kinds[ERROR]

    def add(self, line: RequestLine) -> None:
        """Count one request; latencies and slots only of the modes on the schedule."""
        self.kinds[kind_of(line)] += 1
        if line.error is not None:
            self.faults[line.error] += 1
        if line.stream.kind is not LineKind.REQUESTS:
            return
        bucket = latency_bucket(line)
        self.steady.add(line, bucket)
        if line.sent:
            self.schedule_error_ms.add(line.late_ms)
        if line.slot is not None:
            slot_of(self.slots, line.slot).add(line, bucket)

    def merge(self, other: Bucket) -> None:
        """Count all that another bucket counted."""
        self.kinds.update(other.kinds)
        self.faults.update(other.faults)
        self.steady.merge(other.steady)
        self.schedule_error_ms.merge(other.schedule_error_ms)
        for slot, tally in other.slots.items():
            self.slots.setdefault(slot, Tally()).merge(tally)


class Series:
    """Buckets of equal length by the planned time; keeps the newest `kept`, or all."""

    def __init__(self, start_s: float, step_s: float, kept: int | None = None) -> None:
        self.start_s = start_s
        self.step_s = step_s
        self._kept = kept
        self.buckets: dict[int, Bucket] = {}

    def add(self, line: RequestLine) -> None:
        """Count one request in its bucket; one too old to have a bucket is left out."""
        index = int((line.planned_s - self.start_s) // self.step_s)
        bucket = self.buckets.get(index)
        if bucket is None:
            if self._kept is not None and self.buckets:
                newest = max(self.buckets)
                if index <= newest - self._kept:
                    return
                for old in [i for i in self.buckets if i <= index - self._kept]:
                    del self.buckets[old]
            bucket = self.buckets[index] = Bucket()
        bucket.add(line)


STEPS_S = (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 21600.0, 86400.0)
"""Each is a multiple of the one before, so that buckets can be merged into longer ones."""


class WholeRun:
    """A series of a whole run whose steps grow with it, so that a long one fits a page.

    A step has at least twenty requests, since a percentile of fewer means little.
    """

    MAX_BUCKETS = 900

    def __init__(self, start_s: float, rate_per_s: float) -> None:
        self._steps = [step for step in STEPS_S if step * rate_per_s >= 20] or [STEPS_S[-1]]
        self.series = Series(start_s, self._steps.pop(0))

    def add(self, line: RequestLine) -> None:
        """Count one request."""
        self.series.add(line)
        while len(self.series.buckets) > self.MAX_BUCKETS and self._steps:
            self.series = coarsened(self.series, self._steps.pop(0))


def coarsened(series: Series, step_s: float) -> Series:
    """The same requests in longer buckets; `step_s` is a multiple of the series' own."""
    factor = round(step_s / series.step_s)
    coarse = Series(series.start_s, step_s)
    for index, bucket in series.buckets.items():
        coarse.buckets.setdefault(index // factor, Bucket()).merge(bucket)
    return coarse
