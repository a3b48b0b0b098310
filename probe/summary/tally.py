"""Counts of a group of requests and percentiles of their latencies, in constant memory.

Latencies fall into buckets whose bounds grow by a constant factor, so a percentile is right to a
constant share of itself. Source: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile
sketch with relative-error guarantees", VLDB 2019. The published Python package was measured at 2.6
times the time per value and brings no types; this is all of it that is needed.
"""

from __future__ import annotations

import math

from probe.record.line import RequestLine, RequestOutcome

ACCURACY = 0.01
"""A percentile is within this share of the true one."""

SMALLEST = 1e-3
"""Values below this count as it; in milliseconds, one microsecond."""

MAX_GROUPS = 32
"""A header that holds another value on each answer must not fill the memory."""

OTHER = "(others)"

SHARE_CONFIDENCE = 0.95
"""Of the bounds of a slot's share."""

_GROWTH = (1 + ACCURACY) / (1 - ACCURACY)
_PER_LOG = 1 / math.log(_GROWTH)


def bucket_of(value: float) -> int:
    """The bucket of a value, 0 or more."""
    return math.ceil(math.log(max(value, SMALLEST)) * _PER_LOG)


class Sketch:
    """A mergeable histogram with logarithmic buckets; keeps the exact maximum."""

    __slots__ = ("_buckets", "count", "maximum")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self.count = 0
        self.maximum = 0.0

    def add(self, value: float, bucket: int | None = None) -> None:
        """Count one value, 0 or more.

        Args:
            value: to count.
            bucket: its `bucket_of`, where it is known already.
        """
        key = bucket_of(value) if bucket is None else bucket
        self._buckets[key] = self._buckets.get(key, 0) + 1
        self.count += 1
        if value > self.maximum:
            self.maximum = value

    def merge(self, other: Sketch) -> None:
        """Count all of another sketch's values too."""
        for key, count in other._buckets.items():
            self._buckets[key] = self._buckets.get(key, 0) + count
        self.count += other.count
        self.maximum = max(self.maximum, other.maximum)

    def quantile(self, share: float) -> float | None:
        """The value that `share` (0..1) of all values do not exceed; None without values.

        It is the value of rank ceil(share * count), to `ACCURACY`, and never above the maximum.
        """
        if not self.count:
            return None
        rank = max(1, math.ceil(share * self.count - 1e-9))
        seen = 0
        for key in sorted(self._buckets):
            seen += self._buckets[key]
            if seen >= rank:
                middle = 2 * _GROWTH**key / (_GROWTH + 1)
                return min(middle, self.maximum)
        return self.maximum

    def percentiles(self) -> dict[str, float | None]:
        """The four numbers that every summary shows; None without values."""
        if not self.count:
            return {"p50": None, "p90": None, "p99": None, "max": None}
        shown = {f"p{round(share * 100)}": self.quantile(share) for share in (0.5, 0.9, 0.99)}
        return {**shown, "max": self.maximum}


class RequestCounts:
    """How many requests of a group went well, failed, and prove nothing."""

    __slots__ = ("excluded", "failed", "ok")

    def __init__(self) -> None:
        self.ok: int = 0
        self.failed: int = 0
        self.excluded: int = 0

    @property
    def judged(self) -> int:
        """Requests that prove something about the target."""
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
            latency_bucket: its `latency_bucket`, computed once; a line is in many tallies.
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


def slot_of(slots: dict[str, Tally], slot: str) -> Tally:
    """The tally of a slot, made if need be; those beyond `MAX_GROUPS` share one."""
    tally = slots.get(slot)
    if tally is None:
        name = slot if len(slots) < MAX_GROUPS else OTHER
        tally = slots.setdefault(name, Tally())
    return tally
