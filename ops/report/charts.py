"""The charts of a ramp, all over one axis of time: pure geometry."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ops.report.records import Traffic
from ops.report.story import Said, Story
from ops.traffic.answer import Stream
from probe.plot import HEIGHT, WIDTH, Path, Plot, Span, Tick, ms_text, nice_ceiling
from probe.series import EXCLUDED, Bucket, Series
from rollout.split import Slot

LATENCY_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Band:
    """A gate's verdict on the axis: left and width in percent of it."""

    left: float
    width: float
    outcome: str
    title: str


def weight_plot(story: Story, span: Span) -> Plot:
    """The candidate's weight from the top, the stable slot's from the bottom, as they were live."""
    points: list[tuple[float, float]] = []
    for at_s, weight in story.weights:
        x = span.percent(at_s) / 100 * WIDTH
        if points:
            points.append((x, points[-1][1]))
        points.append((x, HEIGHT - weight / 100 * HEIGHT))
    line = "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
    first, last = points[0][0], points[-1][0]
    ours = f"M{first:.2f} {HEIGHT}L{line}L{last:.2f} {HEIGHT}z"
    theirs = f"M{first:.2f} 0L{line}L{last:.2f} 0z"
    ticks = [Tick(float(percent), f"{percent} %") for percent in (0, 25, 50, 75, 100)]
    return Plot(
        [
            Path(css_of(story.candidate), ours),
            Path(css_of(story.candidate.other), theirs),
            Path("edge", f"M{line}"),
        ],
        ticks,
    )


def rate_plot(traffic: Traffic, span: Span) -> Plot:
    """Answers a second of the users' stream, by the slot that gave them."""
    series = traffic.series[Stream.USERS]
    rates = [bucket.requests / traffic.step_s for bucket in series.buckets.values()]
    top = nice_ceiling(max(rates, default=1.0))
    shapes: dict[str, list[str]] = {css_of(slot): [] for slot in Slot} | {"nobody": []}
    for left, width, bucket in _columns(series, span):
        floor = 0.0
        counts = {css_of(slot): _judged(bucket, slot) for slot in Slot}
        judged = bucket.requests - bucket.kinds[EXCLUDED]
        counts["nobody"] = max(judged - sum(counts.values()), 0)
        for css, count in counts.items():
            height = min(count / traffic.step_s / top * HEIGHT, HEIGHT - floor)
            if height > 0:
                shapes[css].append(_rectangle(left, floor, width, height))
                floor += height
    paths = [Path(css, "".join(d)) for css, d in shapes.items() if d]
    return Plot(paths, [Tick(100.0, f"{top:,g}/s"), Tick(0.0, "0")])


def error_plot(traffic: Traffic, span: Span) -> Plot:
    """The share of lost requests of each stream."""
    top = max((_lost(b) for s in traffic.series.values() for b in s.buckets.values()), default=0.0)
    top = min(1.0, nice_ceiling(max(top, 0.01)))
    paths = [
        Path(f"line {css}", _line(traffic.series[stream], span, _lost, lambda v: v / top * HEIGHT))
        for stream, css in _streams()
    ]
    return Plot(paths, [Tick(100.0, f"{top * 100:g} %"), Tick(0.0, "0")])


def latency_plot(traffic: Traffic, span: Span) -> Plot:
    """The 95th percentile of each stream, on a logarithmic scale."""
    values = [v for s in traffic.series.values() for b in s.buckets.values() if (v := _p95(b))]
    low = 10.0 ** math.floor(math.log10(max(min(values, default=1.0), 0.1)))
    high = 10.0 ** math.ceil(math.log10(max(*values, low * 10, 1.0)))

    def up(value: float) -> float:
        return math.log(max(value, low) / low) / math.log(high / low) * HEIGHT

    paths = [
        Path(f"line {css}", _line(traffic.series[stream], span, _p95, up))
        for stream, css in _streams()
    ]
    decades = range(round(math.log10(high / low)) + 1)
    return Plot(paths, [Tick(round(up(low * 10**n), 2), ms_text(low * 10**n)) for n in decades])


def lanes(story: Story, span: Span) -> dict[str, list[Band]]:
    """Gate -> its verdicts along the axis."""
    return {gate: [_band(each, span) for each in said] for gate, said in story.said.items()}


def css_of(slot: Slot) -> str:
    """The class that colours a slot."""
    return f"slot-{slot.value}"


def _streams() -> Sequence[tuple[Stream, str]]:
    return [(Stream.USERS, "users"), *((Stream.of(slot), css_of(slot)) for slot in Slot)]


def _band(said: Said, span: Span) -> Band:
    left = span.percent(said.start_s)
    width = max(span.percent(said.end_s) - left, 0.4)
    return Band(min(left, 100 - width), round(width, 4), said.outcome.value, said.reason)


def _judged(bucket: Bucket, slot: Slot) -> int:
    tally = bucket.slots.get(slot.value)
    return tally.judged if tally is not None else 0


def _lost(bucket: Bucket) -> float:
    judged = bucket.requests - bucket.kinds[EXCLUDED]
    return bucket.failed / judged if judged else 0.0


def _p95(bucket: Bucket) -> float | None:
    return bucket.steady.latency_ms.quantile(LATENCY_SHARE)


def _columns(series: Series, span: Span) -> list[tuple[float, float, Bucket]]:
    """Left edge, width and bucket of each step that is on the axis, in order."""
    columns: list[tuple[float, float, Bucket]] = []
    for index, bucket in sorted(series.buckets.items()):
        start_s = series.start_s + index * series.step_s
        left = span.percent(start_s) / 100 * WIDTH
        right = span.percent(start_s + series.step_s) / 100 * WIDTH
        if right > left:
            columns.append((left, right - left, bucket))
    return columns


def _line(
    series: Series,
    span: Span,
    value_of: Callable[[Bucket], float | None],
    up: Callable[[float], float],
) -> str:
    """A line through the middle of each step; broken where a step has no value."""
    parts: list[str] = []
    pen = "M"
    for left, width, bucket in _columns(series, span):
        value = value_of(bucket)
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{left + width / 2:.2f} {HEIGHT - up(value):.2f}")
        pen = "L"
    return "".join(parts)


def _rectangle(left: float, floor: float, width: float, height: float) -> str:
    return f"M{left:.2f} {HEIGHT - floor:.2f}h{width:.2f}v{-height:.2f}h{-width:.2f}z"
