"""Charts of a run over time, as SVG paths: pure geometry.

A plot is `WIDTH` by `HEIGHT` and is stretched to its place on the page, so everything in it is a
share of the time (across) or of the scale (up).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from probe.summary.series import ERROR, EXCLUDED, OK, STATUS_4XX, STATUS_5XX, Bucket, Series

WIDTH = 1000.0
HEIGHT = 100.0
MIN_FAILURE_HEIGHT = 5.0
"""A single lost request among thousands must be seen."""
MIN_WIDTH = 0.2

STACK = (ERROR, STATUS_5XX, STATUS_4XX, EXCLUDED, OK)
"""From the ground up: what matters stands where the eye begins."""

LATENCIES = (("max", 1.0), ("p99", 0.99), ("p90", 0.9), ("p50", 0.5))


@dataclass(frozen=True, slots=True)
class Path:
    """One shape and the class that colours it."""

    css: str
    d: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, as a percentage of it, and its label."""

    percent: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """One chart; all charts of a page share the axis of time."""

    paths: list[Path]
    ticks: list[Tick]


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a page shows; Unix seconds."""

    start_s: float
    end_s: float

    def percent(self, unix_s: float) -> float:
        """Where a time is, 0 to 100 from left to right; what is outside is at the edge."""
        length_s = max(self.end_s - self.start_s, 1e-9)
        return round(min(max((unix_s - self.start_s) / length_s, 0.0), 1.0) * 100, 4)


@dataclass(frozen=True, slots=True)
class LogScale:
    """Latencies upwards, a decade as high as any other; in milliseconds."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Sequence[float]) -> LogScale:
        """Whole decades around all values."""
        low = 10.0 ** math.floor(math.log10(max(min(values, default=1.0), 0.1)))
        return cls(low, 10.0 ** math.ceil(math.log10(max(*values, low * 10, 1.0))))

    def up(self, value: float) -> float:
        """How high a value stands, 0 to `HEIGHT`."""
        return math.log(max(value, self.low) / self.low) / math.log(self.high / self.low) * HEIGHT

    @property
    def ticks(self) -> list[Tick]:
        """One a decade."""
        decades = range(round(math.log10(self.high / self.low)) + 1)
        values = [self.low * 10**n for n in decades]
        return [Tick(round(self.up(value), 2), ms_text(value)) for value in values]


def status_plot(series: Series, span: Span) -> Plot:
    """Requests a second, by how they ended."""
    rates = [bucket.requests / series.step_s for bucket in series.buckets.values()]
    top = nice_ceiling(max(rates, default=1.0))
    shapes: dict[str, list[str]] = {kind: [] for kind in STACK}
    for left, width, bucket in columns(series, span):
        floor = 0.0
        for kind in STACK:
            count = bucket.kinds.get(kind, 0)
            if not count:
                continue
            height = count / series.step_s / top * HEIGHT
            if kind not in (OK, EXCLUDED):
                height = max(height, MIN_FAILURE_HEIGHT)
            height = min(height, HEIGHT - floor)
            shapes[kind].append(rectangle(left, floor, width, height))
            floor += height
    paths = [Path(f"kind-{kind}", "".join(d)) for kind, d in shapes.items() if d]
    return Plot(paths, [Tick(100.0, f"{top:,g}/s"), Tick(0.0, "0")])


def latency_plot(series: Series, span: Span) -> Plot:
    """Latency percentiles of each step, on a logarithmic scale."""
    values = [
        value
        for bucket in series.buckets.values()
        for _, share in LATENCIES
        if (value := _latency(bucket, share)) is not None
    ]
    scale = LogScale.over(values)
    paths = [
        Path(
            f"latency-{name}",
            line_through(series, span, lambda b, s=share: _latency(b, s), scale.up),
        )
        for name, share in LATENCIES
    ]
    return Plot(paths, scale.ticks)


def split_plot(series: Series, span: Span, slots: Sequence[str]) -> Plot:
    """The part of each slot in the answers of each step."""
    shapes: dict[str, list[str]] = {slot: [] for slot in slots}
    for left, width, bucket in columns(series, span):
        total = sum(tally.judged for tally in bucket.slots.values())
        floor = 0.0
        for slot in slots:
            tally = bucket.slots.get(slot)
            if tally is None or not tally.judged:
                continue
            height = tally.judged / total * HEIGHT
            shapes[slot].append(rectangle(left, floor, width, height))
            floor += height
    paths = [Path(f"slot-{n % 6}", "".join(shapes[slot])) for n, slot in enumerate(slots)]
    return Plot(paths, [Tick(100.0, "100 %"), Tick(50.0, "50 %"), Tick(0.0, "0")])


def nice_ceiling(value: float) -> float:
    """The least of 1, 1.5, 2, 3, 5, 7.5, 10 … times a power of ten that is not below `value`."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for factor in (1, 1.5, 2, 3, 5, 7.5, 10):
        if factor * power >= value * (1 - 1e-9):
            return factor * power
    return 10 * power


def ms_text(value: float) -> str:
    """A latency as the label of an axis."""
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def columns(series: Series, span: Span) -> list[tuple[float, float, Bucket]]:
    """Left edge, width and bucket of each step that is on the axis, in order."""
    found: list[tuple[float, float, Bucket]] = []
    for index, bucket in sorted(series.buckets.items()):
        start_s = series.start_s + index * series.step_s
        left = span.percent(start_s) / 100 * WIDTH
        right = span.percent(start_s + series.step_s) / 100 * WIDTH
        if right > left:
            found.append((left, max(right - left, MIN_WIDTH), bucket))
    return found


def line_through(
    series: Series,
    span: Span,
    value_of: Callable[[Bucket], float | None],
    up: Callable[[float], float],
) -> str:
    """A line through the middle of each step; broken where a step has no value."""
    parts: list[str] = []
    pen = "M"
    for left, width, bucket in columns(series, span):
        value = value_of(bucket)
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{left + width / 2:.2f} {HEIGHT - up(value):.2f}")
        pen = "L"
    return "".join(parts)


def rectangle(left: float, floor: float, width: float, height: float) -> str:
    """A box that stands on `floor`."""
    return f"M{left:.2f} {HEIGHT - floor:.2f}h{width:.2f}v{-height:.2f}h{-width:.2f}z"


def _latency(bucket: Bucket, share: float) -> float | None:
    return bucket.steady.latency_ms.quantile(share)
