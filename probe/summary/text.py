"""The summary as text, for the end of a run, for CI logs and for `report`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from probe.fault import RequestFault
from probe.quantity import duration_text
from probe.summary.outage import OutageWindow
from probe.summary.run_summary import Result, RunSummary
from probe.summary.tally import Sketch, Tally

SHOWN_WINDOWS = 12
SHOWN_STALLS = 5

_WORDS = {Result.PASS: "PASS", Result.FAIL: "FAIL", Result.INCONCLUSIVE: "INCONCLUSIVE"}


def summary_text(
    summary: RunSummary, *, record: str | None = None, record_error: str | None = None
) -> str:
    """The whole summary, a line each; ends without a newline."""
    lines = [*_headline(summary, record_error), ""]
    lines += _failures(summary)
    lines += _windows(summary)
    lines += _latencies(summary)
    lines += _splits(summary)
    lines += _gap(summary)
    lines += _own(summary)
    if record is not None:
        lines.append(_row("record", record))
    if record_error is not None:
        lines.append(_row("", f"NOT WHOLE: {record_error}"))
    return "\n".join(lines)


def clock_text(unix_s: float) -> str:
    """A time of day in local time, to the millisecond."""
    return datetime.fromtimestamp(unix_s).astimezone().strftime("%H:%M:%S.%f")[:-3]


def window_text(window: OutageWindow) -> str:
    """A window in one line."""
    faults = ", ".join(f"{name}" for name, _ in window.faults.most_common(3))
    what = "down" if window.is_down else "degraded"
    of_all = "" if window.is_down else f" of {window.lost + window.succeeded:,}"
    return (
        f"{clock_text(window.start_s)} to {clock_text(window.end_s)}  "
        f"{duration_text(window.length_s):>8} {what}, {window.lost:,}{of_all} lost: {faults}"
    )


def _headline(summary: RunSummary, record_error: str | None) -> Iterator[str]:
    total, run = summary.total, summary.run
    word = _WORDS[summary.result(is_record_whole=record_error is None)]
    yield f"{word}: {total.failed:,} of {total.judged:,} requests failed{_allowed(summary)}"
    if run is not None:
        ended = "" if summary.end else " (the record has no end: the prober was killed)"
        started = datetime.fromtimestamp(run.started_s).astimezone()
        yield f"{started:%Y-%m-%d %H:%M:%S %z}, {duration_text(summary.duration_s)}{ended}"
        for stream, part in summary.streams.items():
            availability = _percent(part.tally.availability)
            yield f"  {stream}  {part.tally.judged:,} requests, {availability} available"


def _allowed(summary: RunSummary) -> str:
    allowed = summary.run.allow_failures if summary.run else 0
    return f" ({allowed:,} allowed)" if allowed else ""


def _failures(summary: RunSummary) -> Iterator[str]:
    statuses = summary.failed_statuses
    if summary.total.failed:
        by_error = ", ".join(f"{n:,} {error}" for error, n in summary.failures.most_common())
        yield _row("failures", by_error)
        phases = ", ".join(f"{n:,} {phase}" for phase, n in summary.failed_phases.most_common())
        yield _row("  in phase", phases)
    if statuses:
        counts = ", ".join(f"{status}: {n:,}" for status, n in sorted(statuses.items()))
        client = sum(n for status, n in statuses.items() if 400 <= status < 500)
        server = sum(n for status, n in statuses.items() if status >= 500)
        yield _row("  by status", f"{counts}  (4xx {client:,}, 5xx {server:,})")


def _windows(summary: RunSummary) -> Iterator[str]:
    outages = [stream.outages for stream in summary.streams.values()]
    count = sum(o.count + (o.current is not None) for o in outages)
    if not count:
        return
    down, degraded = map(duration_text, (summary.worst_down_s, summary.worst_degraded_s))
    lengths = f"{down} down, {degraded} degraded"
    if len(summary.streams) > 1:
        lengths += " for the URL that was so longest"
    yield _row("downtime", f"{count:,} window{'s' * (count > 1)}, {lengths}")
    heading = None
    for window in summary.windows[:SHOWN_WINDOWS]:
        if heading != window.stream and len(summary.streams) > 1:
            yield f"  {window.stream}"
        heading = window.stream
        yield f"  {window_text(window)}"
    if count > SHOWN_WINDOWS:
        yield f"  and {count - SHOWN_WINDOWS:,} more"


def _latencies(summary: RunSummary) -> Iterator[str]:
    if not summary.steady.latency_ms.count:
        return
    yield _row("latency ms", f"{'p50':>9}{'p90':>9}{'p99':>9}{'max':>9}{'ok':>11}{'failed':>9}")
    yield _row("  all", _numbers(summary.steady))
    for slot, tally in sorted(summary.slots.items()):
        yield _row(f"  slot {slot}", _numbers(tally))
    for mode, tally in summary.modes.items():
        yield _row(f"  {mode}", _numbers(tally))


def _numbers(tally: Tally) -> str:
    return f"{_percentiles(tally.latency_ms)}{tally.ok:>11,}{tally.failed:>9,}"


def _percentiles(sketch: Sketch) -> str:
    shown = sketch.percentiles().values()
    return "".join(f"{'-' if v is None else format(v, ',.1f'):>9}" for v in shown)


def _splits(summary: RunSummary) -> Iterator[str]:
    parts: list[str] = []
    for slot in sorted(summary.slots):
        share, bound = summary.split_share(slot), summary.split_bound(slot)
        if share is not None and bound is not None:
            low, high = bound.low * 100, bound.high * 100
            parts.append(f"{slot}: {share * 100:.1f} % (95 %: {low:.1f} to {high:.1f})")
    if parts:
        yield _row("split", ", ".join(parts))
    if summary.builds:
        builds = ", ".join(f"{build}: {n:,}" for build, n in sorted(summary.builds.items()))
        yield _row("builds", builds)


def _gap(summary: RunSummary) -> Iterator[str]:
    longest = summary.longest_gap
    if longest is not None:
        _, gap = longest
        length = duration_text(gap.length_s)
        yield _row("longest gap", f"{length} without a success, from {clock_text(gap.start_s)}")


def _own(summary: RunSummary) -> Iterator[str]:
    """The lines about the prober itself."""
    late = summary.schedule_error_ms
    if late.count:
        p99 = late.quantile(0.99) or 0.0
        yield _row("late sends", f"p99 {p99:.1f} ms, max {late.maximum:.1f} ms (schedule error)")
    if summary.stall_count:
        total = duration_text(summary.stall_ms / 1000)
        yield _row("own stalls", f"{summary.stall_count:,}, {total} in all (of the prober itself)")
        for stall in summary.stalls[:SHOWN_STALLS]:
            span = f"{clock_text(stall.start_s)} to {clock_text(stall.end_s)}"
            yield _row("", f"{span}  {duration_text(stall.lost_ms / 1000)} {stall.cause}")
    if summary.exclusions:
        parts = ", ".join(f"{n:,} {error}" for error, n in summary.exclusions.most_common())
        yield _row("not judged", parts)
    if summary.failures[RequestFault.CAP_REACHED]:
        yield _row("", "cap_reached: --max-in-flight requests were waiting; none was sent then")
    if summary.idle_closes:
        yield _row(
            "idle closes", f"{summary.idle_closes:,} kept-alive connections, after long idle"
        )
    if summary.fallbacks:
        yield _row("fallbacks", f"{summary.fallbacks:,} addresses refused before another accepted")


def _row(label: str, text: str) -> str:
    return f"{label:<13} {text}".rstrip()


def _percent(share: float | None) -> str:
    if share is None:
        return "not known to be"
    percent = share * 100
    return "100 %" if share == 1 else f"{min(percent, 99.9999):.4f} %"
