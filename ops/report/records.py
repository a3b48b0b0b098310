"""The traffic of a ramp over time, from the prober's records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.traffic.answer import SlotStream
from probe.record.file import RecordReader
from probe.record.line import RequestLine
from probe.summary.series import Series

FOLDER = "probe"
STEPS_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0)
MAX_STEPS = 300


@dataclass(frozen=True, slots=True)
class TrafficHistory:
    """What each stream met, in steps of one length."""

    step_s: float
    series: dict[SlotStream, Series]

    @property
    def requests(self) -> int:
        """All that were sent."""
        return sum(bucket.requests for s in self.series.values() for bucket in s.buckets.values())

    def failed(self, stream: SlotStream) -> int:
        """Requests of a stream that were lost."""
        return sum(bucket.failed for bucket in self.series[stream].buckets.values())

    def total(self, stream: SlotStream) -> int:
        """Requests of a stream."""
        return sum(bucket.requests for bucket in self.series[stream].buckets.values())


def read_traffic(ramp_folder: Path, start_s: float, end_s: float) -> TrafficHistory:
    """Every record of the folder; empty series where it has none.

    Raises:
        RecordError: a file is not a record.
    """
    length_s = max(end_s - start_s, 1.0)
    step_s = next((step for step in STEPS_S if length_s / step <= MAX_STEPS), STEPS_S[-1])
    series = {stream: Series(start_s, step_s) for stream in SlotStream}
    for stream in SlotStream:
        for line in _requests(ramp_folder / FOLDER, stream):
            if start_s - step_s <= line.planned_s <= end_s + step_s:
                series[stream].add(line)
    return TrafficHistory(step_s, series)


def _requests(folder: Path, stream: SlotStream) -> Iterator[RequestLine]:
    for path in sorted(folder.glob(f"{stream.value}*.jsonl")):
        if path.stat().st_size:
            yield from (line for line in RecordReader(path) if isinstance(line, RequestLine))
