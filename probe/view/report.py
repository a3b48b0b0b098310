"""A record as one HTML page that needs no network: a person looks rather than reads."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from probe.fault import RecordError
from probe.quantity import duration_text
from probe.record.file import RecordReader
from probe.record.line import RequestLine, RunLine
from probe.summary.document import summary_document, unix_seconds
from probe.summary.run_summary import RunSummary
from probe.summary.series import KINDS, Series, WholeRun
from probe.summary.text import clock_text
from probe.view.plot import LATENCIES, Span, Tick, latency_plot, split_plot, status_plot

_TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)
_MAX_TICKS = 6


def write_report(record: Path, page: Path) -> tuple[RunSummary, int]:
    """Read a record and write its page.

    Returns:
        The summary of the record, and how many bytes of a torn last line were left out.

    Raises:
        RecordError: `record` is none, or `page` cannot be written.
    """
    reader = RecordReader(record)
    summary = RunSummary()
    run: WholeRun | None = None
    for line in reader:
        summary.add(line)
        if isinstance(line, RunLine):
            run = WholeRun(line.started_s, line.rate_per_s)
        elif isinstance(line, RequestLine) and run is not None:
            run.add(line)
    if run is None:
        raise RecordError(f"{record} is empty")
    html = report_html(summary.finished(), run.series, record.name)
    try:
        page.write_text(html, encoding="utf-8")
    except OSError as error:
        raise RecordError(f"cannot write {page}: {error.strerror}") from error
    return summary, reader.torn_bytes


def report_html(summary: RunSummary, series: Series, name: str) -> str:
    """The page.

    Args:
        summary: of the whole record.
        series: the same requests over time.
        name: of the record file.
    """
    environment = Environment(
        loader=PackageLoader("probe.view", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "duration": _duration,
        "clock": _clock,
        "number": _number,
        "percent": percent_text,
    }
    span = Span(summary.started_s, max(summary.last_s, summary.started_s + series.step_s))
    slots = sorted(summary.slots)
    return environment.get_template("report.html.j2").render(
        name=name,
        document=summary_document(summary),
        started=datetime.fromtimestamp(summary.started_s).astimezone(),
        was_killed=summary.end is None,
        span=span,
        seconds=unix_seconds,
        step=duration_text(series.step_s),
        slots=slots,
        status=status_plot(series, span),
        latency=latency_plot(series, span),
        split=split_plot(series, span, slots),
        times=time_ticks(span),
        points=_points(series, span, slots),
    )


def _duration(length_ms: float) -> str:
    return duration_text(length_ms / 1000)


def _clock(iso: str) -> str:
    return clock_text(unix_seconds(iso))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def percent_text(share: float | None) -> str:
    """A share with as many digits as it takes not to round a failure away."""
    if share is None:
        return "-"
    return "100 %" if share == 1 else f"{min(share * 100, 99.9999):.4g} %"


def time_ticks(span: Span) -> list[Tick]:
    """Round times of day along the axis, at most `_MAX_TICKS` of them."""
    length_s = span.end_s - span.start_s
    fitting = [step for step in _TICK_STEPS_S if length_s / step <= _MAX_TICKS]
    step_s = fitting[0] if fitting else _TICK_STEPS_S[-1]
    start = datetime.fromtimestamp(span.start_s).astimezone()
    midnight_s = start.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    first = int((span.start_s - midnight_s) // step_s) + 1
    shown = "%H:%M" if step_s >= 60 else "%H:%M:%S"
    ticks: list[Tick] = []
    at_s = midnight_s + first * step_s
    while at_s < span.end_s:
        label = datetime.fromtimestamp(at_s).astimezone().strftime(shown)
        ticks.append(Tick(span.percent(at_s), label))
        at_s += step_s
    return ticks


def _points(series: Series, span: Span, slots: list[str]) -> dict[str, Any]:
    """What the page shows under the pointer, a row for each step."""
    rows: list[list[Any]] = []
    for index, bucket in sorted(series.buckets.items()):
        at_s = series.start_s + index * series.step_s
        latencies = [bucket.steady.latency_ms.quantile(share) for _, share in LATENCIES]
        rows.append(
            [
                span.percent(at_s),
                clock_text(at_s)[: 12 if series.step_s < 1 else 8],
                [bucket.kinds.get(kind, 0) for kind in KINDS],
                [None if value is None else round(value, 1) for value in latencies],
                [bucket.slots[slot].judged if slot in bucket.slots else 0 for slot in slots],
            ]
        )
    return {
        "kinds": KINDS,
        "latencies": [name for name, _ in LATENCIES],
        "slots": slots,
        "width": 100 * series.step_s / (span.end_s - span.start_s),
        "rows": rows,
    }
