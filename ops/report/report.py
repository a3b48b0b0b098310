"""Makes `report.html` and `summary.md` of a ramp's folder, again and again with the same result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from ops.errors import InputError
from ops.journal.journal import FILE_NAME, FileJournal, JournalError
from ops.report import charts
from ops.report.records import TrafficHistory, read_traffic
from ops.report.story import Story, story_of
from ops.traffic.answer import SlotStream
from ops.words import as_words
from probe.fault import RecordError
from probe.quantity import duration_text
from probe.summary.tally import Sketch
from probe.view.plot import Span
from probe.view.report import time_ticks
from rollout.binomial import Counts, excluded_rate
from rollout.command import Command
from rollout.verdict import Outcome

EVERY = Command.of("failover", "report", "--list")
"""Names the folders of all ramps of a project."""
PAGE = "report.html"
SUMMARY = "summary.md"
MOST_VERDICTS = 100
"""Of a gate that are listed, the newest ones: the page of a long ramp stays one that opens."""


class ReportError(InputError):
    """No report can be made of a folder; its text has the fix."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was made."""

    page: Path
    summary: Path
    text: str
    """Of the summary."""


def write_report(folder: Path) -> Written:
    """Read a ramp's folder and write its page and summary into it.

    Raises:
        ReportError: there is no ramp in it, a record is broken, or it cannot be written.
    """
    if not (folder / FILE_NAME).is_file():
        raise ReportError(
            f"{folder} has no {FILE_NAME}\n  expected: the folder of one ramp\n"
            f"  fix:      {EVERY}   # shows all that there are"
        )
    try:
        story = story_of(FileJournal(folder).entries())
        if story is None:
            raise ReportError(f"{folder / FILE_NAME} does not begin a ramp: nothing to report")
        traffic = read_traffic(folder, story.started_s, story.ended_s)
    except (JournalError, RecordError) as error:
        raise ReportError(str(error)) from error
    written = Written(folder / PAGE, folder / SUMMARY, summary_markdown(story, traffic))
    try:
        written.page.write_text(report_html(story, traffic), encoding="utf-8")
        written.summary.write_text(written.text, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"cannot write {error.filename}: {error.strerror}") from error
    return written


def report_html(story: Story, traffic: TrafficHistory) -> str:
    """The page; it needs no network."""
    environment = Environment(
        loader=PackageLoader("ops.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": _clock, "duration": _duration}
    span = Span(story.started_s, max(story.ended_s, story.started_s + 1.0))
    return environment.get_template("report.html.j2").render(
        story=story,
        started=datetime.fromtimestamp(story.started_s).astimezone(),
        span=span,
        step=duration_text(traffic.step_s),
        weights=charts.weight_plot(story, span),
        rates=charts.rate_plot(traffic, span),
        errors=charts.error_plot(traffic, span),
        latencies=charts.latency_plot(traffic, span),
        lanes=charts.lanes(story, span),
        times=time_ticks(span),
        streams=[_stream_row(traffic, stream) for stream in SlotStream],
        steps=_steps(traffic),
        has_traffic=bool(traffic.requests),
        most_verdicts=MOST_VERDICTS,
        journal=FILE_NAME,
    )


def _stream_row(traffic: TrafficHistory, stream: SlotStream) -> dict[str, object]:
    counts = Counts(traffic.failed(stream), traffic.total(stream))
    slot = stream.slot
    sketch = Sketch()
    for bucket in traffic.series[stream].buckets.values():
        sketch.merge(bucket.steady.latency_ms)
    return {
        "name": "users, by the weights" if slot is None else f"straight to slot {slot}",
        "css": "users" if slot is None else charts.css_of(slot),
        "requests": counts.total,
        "failed": counts.bad,
        "excluded": excluded_rate(counts) * 100 if counts.total else None,
        "p50": sketch.quantile(0.5),
        "p95": sketch.quantile(0.95),
        "p99": sketch.quantile(0.99),
    }


def _steps(traffic: TrafficHistory) -> list[dict[str, object]]:
    """The charts as rows, for those who cannot see them: steps in which something was lost."""
    rows: list[dict[str, object]] = []
    for stream in SlotStream:
        series = traffic.series[stream]
        for index, bucket in sorted(series.buckets.items()):
            if bucket.failed:
                rows.append(
                    {
                        "at": series.start_s + index * series.step_s,
                        "stream": stream.value,
                        "failed": bucket.failed,
                        "requests": bucket.requests,
                        "faults": ", ".join(f"{n} {name}" for name, n in bucket.faults.items()),
                    }
                )
    return sorted(rows, key=lambda row: float(str(row["at"])))[:200]


def _clock(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s).astimezone().strftime("%H:%M:%S")


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else duration_text(seconds)


SIGNS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.INCONCLUSIVE: "❔"}


def summary_markdown(story: Story, traffic: TrafficHistory) -> str:
    """The whole summary, the outcome first; ends with a newline."""
    return "\n".join([*_head(story, traffic), "", *_stages(story), "", *_gates(story), ""])


def _head(story: Story, traffic: TrafficHistory) -> Iterator[str]:
    yield f"### {SIGNS[story.verdict]} {story.group}: {story.outcome}"
    yield ""
    started = datetime.fromtimestamp(story.started_s, UTC)
    took = duration_text(max(story.ended_s - story.started_s, 0.0))
    yield f"S{story.path[1:]}, {started:%Y-%m-%d %H:%M} UTC, {took}, by {story.by}."
    if story.rollback:
        back = story.rollback_seconds
        took_back = "" if back is None else f" in {duration_text(back)}"
        yield ""
        why = f": {_in_one_line(story.why)}" if story.why else ""
        yield f"**{story.turn}{took_back}{why[:1]}**{why[1:]}"
    users = Counts(traffic.failed(SlotStream.USERS), traffic.total(SlotStream.USERS))
    if users.total:
        yield ""
        yield (
            f"{users.bad:,} of {users.total:,} requests through the weights were lost; "
            f"a rate above {excluded_rate(users) * 100:.2g} % is ruled out at 95 %."
        )


def _stages(story: Story) -> Iterator[str]:
    if not story.rows:
        yield "No stage began."
        return
    yield "| stage | split | `pulumi up` | in the traffic after | verdict |"
    yield "|---|---|---|---|---|"
    for row in story.rows:
        up = "-" if row.up_seconds is None else duration_text(row.up_seconds)
        arrived = "-" if row.propagation_seconds is None else duration_text(row.propagation_seconds)
        yield f"| {row.number} | {row.split} | {up} | {arrived} | {row.outcome or '-'} |"


def _gates(story: Story) -> Iterator[str]:
    if not story.verdicts:
        yield "No gate has reported a verdict."
        return
    yield "| gate | last verdict | why |"
    yield "|---|---|---|"
    for gate, verdicts in story.verdicts.items():
        last = next((each for each in verdicts if each.outcome is Outcome.FAIL), verdicts[-1])
        yield f"| {gate} | {SIGNS[last.outcome]} {last.outcome} | {_in_one_line(last.reason)} |"


def _in_one_line(reason: str) -> str:
    """A gate's reason in one line: it may hold anything that a command or a page wrote."""
    return as_words(" ".join(reason.split()))
