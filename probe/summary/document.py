"""The summary as data: what `--json` prints, described by summary.schema.json.

A number that was not measured is null. Times are ISO 8601 in UTC, lengths milliseconds (`_ms`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from probe.record.line import StallLine, Stream
from probe.summary.outage import OutageWindow
from probe.summary.run_summary import Result, RunSummary, StreamSummary
from probe.summary.tally import Sketch, Tally

SCHEMA = "failover.probe.summary/1"
"""Name and version; the number grows when a reader of the old one would be wrong."""

SCHEMA_FILE = Path(__file__).with_name("summary.schema.json")


@cache
def summary_schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text())
    return schema


def summary_document(
    summary: RunSummary,
    *,
    record: str | None = None,
    record_error: str | None = None,
    has_shares: bool = True,
) -> dict[str, Any]:
    """The whole summary.

    Args:
        summary: the fold, finished or under way.
        record: the file that holds the lines, if there is one.
        record_error: why that file is not whole, if it is not.
        has_shares: False leaves the shares of the slots out, whose bounds take milliseconds.
    """
    run, total = summary.run, summary.total
    result: Result = summary.result(is_record_whole=record_error is None)
    return {
        "schema": SCHEMA,
        "verdict": result.name.lower(),
        "exit_code": result.value,
        "started_at": iso_utc(summary.started_s),
        "ended_at": iso_utc(summary.last_s),
        "ended_by": summary.end.reason if summary.end else None,
        "duration_s": round(summary.duration_s, 3),
        "urls": run.urls if run else [],
        "rate_per_s": run.rate_per_s if run else None,
        "sent_per_s": _ratio(summary.sent, summary.duration_s),
        "expect": run.expect if run else None,
        "allow_failures": run.allow_failures if run else 0,
        "requests": {
            "planned": total.judged + total.excluded,
            "sent": summary.sent,
            "ok": total.ok,
            "failed": total.failed,
            "excluded": total.excluded,
        },
        "availability": total.availability,
        "failures": _failures(summary),
        "excluded": dict(summary.exclusions),
        "statuses": {str(status): n for status, n in sorted(summary.statuses.items())},
        "latency_ms": rounded_percentiles(summary.steady.latency_ms),
        "schedule_error_ms": rounded_percentiles(summary.schedule_error_ms),
        "slots": {
            slot: _group(tally) | {"share": _share(summary, slot) if has_shares else None}
            for slot, tally in sorted(summary.slots.items())
        },
        "builds": dict(sorted(summary.builds.items())),
        "modes": {mode: _group(tally) for mode, tally in summary.modes.items()},
        "streams": [_stream(stream, part) for stream, part in summary.streams.items()],
        "windows": _windows(summary),
        "longest_gap": _longest_gap(summary),
        "stalls": _stalls(summary),
        "connections": {
            "opened": summary.connections,
            "closed_while_idle": summary.idle_closes,
            "addresses_fallen_back_from": summary.fallbacks,
        },
        "marks": [{"at": iso_utc(mark.at_s), "text": mark.text} for mark in summary.marks],
        "record": {"file": record, "error": record_error},
    }


def _failures(summary: RunSummary) -> dict[str, Any]:
    statuses = summary.failed_statuses
    return {
        "by_error": dict(summary.failures),
        "by_phase": dict(summary.failed_phases),
        "by_status": {str(status): n for status, n in sorted(statuses.items())},
        "status_4xx": sum(n for status, n in statuses.items() if 400 <= status < 500),
        "status_5xx": sum(n for status, n in statuses.items() if 500 <= status < 600),
    }


def _group(tally: Tally) -> dict[str, Any]:
    return {
        "ok": tally.ok,
        "failed": tally.failed,
        "excluded": tally.excluded,
        "availability": tally.availability,
        "latency_ms": rounded_percentiles(tally.latency_ms),
    }


def _stream(stream: Stream, part: StreamSummary) -> dict[str, Any]:
    return {
        "url": stream.url,
        "kind": stream.kind,
        **_group(part.tally),
        "windows": part.outages.count + (part.outages.current is not None),
        "longest_gap_ms": round(part.gaps.longest.length_s * 1000, 3),
    }


def _windows(summary: RunSummary) -> dict[str, Any]:
    outages = [stream.outages for stream in summary.streams.values()]
    listed = summary.windows
    count = sum(o.count + (o.current is not None) for o in outages)
    return {
        "count": count,
        "not_listed": count - len(listed),
        "down_ms": round(summary.worst_down_s * 1000, 3),
        "degraded_ms": round(summary.worst_degraded_s * 1000, 3),
        "listed": [_window(window) for window in listed],
    }


def _window(window: OutageWindow) -> dict[str, Any]:
    return {
        "url": window.stream.url,
        "stream": window.stream.kind,
        "kind": "down" if window.is_down else "degraded",
        "start_at": iso_utc(window.start_s),
        "end_at": iso_utc(window.end_s),
        "length_ms": round(window.length_s * 1000, 3),
        "lost": window.lost,
        "succeeded": window.succeeded,
        "faults": dict(window.faults),
    }


def _longest_gap(summary: RunSummary) -> dict[str, Any] | None:
    longest = summary.longest_gap
    if longest is None:
        return None
    stream, gap = longest
    return {
        "url": stream.url,
        "start_at": iso_utc(gap.start_s),
        "end_at": iso_utc(gap.end_s),
        "length_ms": round(gap.length_s * 1000, 3),
    }


def _stalls(summary: RunSummary) -> dict[str, Any]:
    return {
        "count": summary.stall_count,
        "total_ms": round(summary.stall_ms, 3),
        "longest_ms": round(summary.longest_stall_ms, 3),
        "listed": [_stall(stall) for stall in summary.stalls],
    }


def _stall(stall: StallLine) -> dict[str, Any]:
    return {
        "cause": stall.cause,
        "start_at": iso_utc(stall.start_s),
        "end_at": iso_utc(stall.end_s),
        "lost_ms": round(stall.lost_ms, 3),
    }


def rounded_percentiles(sketch: Sketch) -> dict[str, float | None]:
    """`p50`, `p90`, `p99` and `max`, to the microsecond where they are milliseconds."""
    shown = sketch.percentiles()
    return {name: None if value is None else round(value, 3) for name, value in shown.items()}


def _share(summary: RunSummary, slot: str) -> dict[str, float] | None:
    share, bound = summary.split_share(slot), summary.split_bound(slot)
    if share is None or bound is None:
        return None
    return {"value": share, "low_95": bound.low, "high_95": bound.high}


def _ratio(count: int, seconds: float) -> float | None:
    return round(count / seconds, 3) if seconds > 0 else None


def iso_utc(unix_s: float) -> str:
    """A time as ISO 8601 in UTC, to the microsecond."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="microseconds")


def unix_seconds(iso: str) -> float:
    """The Unix seconds of a time in the document."""
    return datetime.fromisoformat(iso).timestamp()
