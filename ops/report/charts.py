"""The charts of a ramp, all over one axis of time: pure geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ops.report.records import TrafficHistory
from ops.report.story import Story, VerdictPeriod
from ops.traffic.answer import SlotStream
from probe.summary.series import EXCLUDED, Bucket
from probe.view.plot import (
    HEIGHT,
    WIDTH,
    LogScale,
    Path,
    Plot,
    Span,
    Tick,
    columns,
    line_through,
    nice_ceiling,
    rectangle,
)
from rollout.split import Slot
from rollout.verdict import worst

LATENCY_SHARE = 0.95
MAX_BANDS = 400
"""Of a gate: more than a screen can show, and few enough for the page of a long ramp."""


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


def rate_plot(traffic: TrafficHistory, span: Span) -> Plot:
    """Answers a second of the users' stream, by the slot that gave them."""
    series = traffic.series[SlotStream.USERS]
    rates = [bucket.requests / traffic.step_s for bucket in series.buckets.values()]
    top = nice_ceiling(max(rates, default=1.0))
    shapes: dict[str, list[str]] = {css_of(slot): [] for slot in Slot} | {"no-slot": []}
    for left, width, bucket in columns(series, span):
        floor = 0.0
        counts = {css_of(slot): _judged(bucket, slot) for slot in Slot}
        judged = bucket.requests - bucket.kinds[EXCLUDED]
        counts["no-slot"] = max(judged - sum(counts.values()), 0)
        for css, count in counts.items():
            height = min(count / traffic.step_s / top * HEIGHT, HEIGHT - floor)
            if height > 0:
                shapes[css].append(rectangle(left, floor, width, height))
                floor += height
    paths = [Path(css, "".join(d)) for css, d in shapes.items() if d]
    return Plot(paths, [Tick(100.0, f"{top:,g}/s"), Tick(0.0, "0")])


def error_plot(traffic: TrafficHistory, span: Span) -> Plot:
    """The share of lost requests of each stream."""
    top = max((_lost(b) for s in traffic.series.values() for b in s.buckets.values()), default=0.0)
    top = min(1.0, nice_ceiling(max(top, 0.01)))
    paths = [
        Path(
            f"line {css}",
            line_through(traffic.series[stream], span, _lost, lambda v: v / top * HEIGHT),
        )
        for stream, css in _streams()
    ]
    return Plot(paths, [Tick(100.0, f"{top * 100:g} %"), Tick(0.0, "0")])


def latency_plot(traffic: TrafficHistory, span: Span) -> Plot:
    """The 95th percentile of each stream, on a logarithmic scale."""
    values = [v for s in traffic.series.values() for b in s.buckets.values() if (v := _p95(b))]
    scale = LogScale.over(values)
    paths = [
        Path(f"line {css}", line_through(traffic.series[stream], span, _p95, scale.up))
        for stream, css in _streams()
    ]
    return Plot(paths, scale.ticks)


def lanes(story: Story, span: Span) -> dict[str, list[Band]]:
    """Gate -> its verdicts along the axis."""
    return {
        gate: [_band(each, span) for each in _thinned(verdicts, span)]
        for gate, verdicts in story.verdicts.items()
    }


def css_of(slot: Slot) -> str:
    """The class that colours a slot."""
    return f"slot-{slot.value}"


def _streams() -> Sequence[tuple[SlotStream, str]]:
    return [(SlotStream.USERS, "users"), *((SlotStream.of(slot), css_of(slot)) for slot in Slot)]


def _thinned(verdicts: Sequence[VerdictPeriod], span: Span) -> Sequence[VerdictPeriod]:
    """A gate's verdicts; where they are too many, the worst one of each part of the axis."""
    if len(verdicts) <= MAX_BANDS:
        return verdicts
    step_s = (span.end_s - span.start_s) / MAX_BANDS
    parts: dict[int, VerdictPeriod] = {}
    for each in verdicts:
        last = min(int((each.end_s - span.start_s) / step_s), MAX_BANDS - 1)
        for part in range(min(int((each.start_s - span.start_s) / step_s), last), last + 1):
            known = parts.get(part)
            if known is None or worst([known.outcome, each.outcome]) is not known.outcome:
                begins_s = span.start_s + part * step_s
                parts[part] = replace(each, start_s=begins_s, end_s=begins_s + step_s)
    return [parts[part] for part in sorted(parts)]


def _band(period: VerdictPeriod, span: Span) -> Band:
    left = span.percent(period.start_s)
    width = max(span.percent(period.end_s) - left, 0.4)
    return Band(min(left, 100 - width), round(width, 4), period.outcome.value, period.reason)


def _judged(bucket: Bucket, slot: Slot) -> int:
    tally = bucket.slots.get(slot.value)
    return tally.judged if tally is not None else 0


def _lost(bucket: Bucket) -> float:
    judged = bucket.requests - bucket.kinds[EXCLUDED]
    return bucket.failed / judged if judged else 0.0


def _p95(bucket: Bucket) -> float | None:
    return bucket.steady.latency_ms.quantile(LATENCY_SHARE)
