"""Counts of requests and the latencies of those that were answered, for any group of them."""

from __future__ import annotations

from probe.record import RequestLine, RequestOutcome
from probe.sketch import Sketch, bucket_of


class RequestCounts:
    """How many requests of a group went well, failed, and say nothing."""

    __slots__ = ("excluded", "failed", "ok")

    def __init__(self) -> None:
        self.ok = 0
        self.failed = 0
        self.excluded = 0

    @property
    def judged(self) -> int:
        """Requests that say something about the target."""
        return self.ok + self.failed

    @property
    def availability(self) -> float | None:
        """The part of the judged requests that went well; None without any."""
        return self.ok / self.judged if self.judged else None

    def count(self, verdict: RequestOutcome) -> None:
        """Count one request."""
        if verdict is RequestOutcome.OK:
            self.ok += 1
        elif verdict is RequestOutcome.FAILED:
            self.failed += 1
        else:
            self.excluded += 1


class Tally(RequestCounts):
    """Counts, and the latencies of those that were answered."""

    __slots__ = ("latency_ms",)

    def __init__(self) -> None:
        super().__init__()
        self.latency_ms = Sketch()

    def add(self, line: RequestLine, latency_bucket: int | None) -> None:
        """Count one request.

        Args:
            line: the request.
            latency_bucket: what `latency_bucket` says of it; a line is in many tallies.
        """
        self.count(line.verdict)
        if latency_bucket is not None:
            self.latency_ms.add(line.latency_ms, latency_bucket)

    def merge(self, other: Tally) -> None:
        """Count all that another tally counted."""
        self.ok += other.ok
        self.failed += other.failed
        self.excluded += other.excluded
        self.latency_ms.merge(other.latency_ms)


def latency_bucket(line: RequestLine) -> int | None:
    """Where a latency is counted; None unless a whole answer came and we did not stall."""
    return bucket_of(line.latency_ms) if line.answered and line.is_timing_clean else None
