"""Counts of requests and the latencies of those that were answered, for any group of them."""

from __future__ import annotations

from probe.record import RequestLine, Verdict
from probe.sketch import Sketch


class Tally:
    """How many requests of a group went well, and how long they took."""

    __slots__ = ("excluded", "failed", "latency_ms", "ok")

    def __init__(self) -> None:
        self.ok = 0
        self.failed = 0
        self.excluded = 0
        self.latency_ms = Sketch()

    @property
    def judged(self) -> int:
        """Requests that say something about the target."""
        return self.ok + self.failed

    @property
    def availability(self) -> float | None:
        """The part of the judged requests that went well; None without any."""
        return self.ok / self.judged if self.judged else None

    def add(self, line: RequestLine) -> None:
        """Count one request; its latency only if a whole answer came and we did not stall."""
        match line.verdict:
            case Verdict.OK:
                self.ok += 1
            case Verdict.FAILED:
                self.failed += 1
            case Verdict.EXCLUDED:
                self.excluded += 1
        if line.answered and line.is_timing_clean:
            self.latency_ms.add(line.latency_ms)

    def merge(self, other: Tally) -> None:
        """Count all that another tally counted."""
        self.ok += other.ok
        self.failed += other.failed
        self.excluded += other.excluded
        self.latency_ms.merge(other.latency_ms)
