"""The run as a stream of events for other programs: one JSON object a line."""

from __future__ import annotations

from typing import Any

from probe.record import Line, RequestLine, RequestOutcome, RunLine, StallLine, line_to_dict
from probe.series import Bucket
from probe.summary_document import iso_utc, rounded_percentiles

SCHEMA = "failover.probe.event/1"
"""Name and version; the number grows when a reader of the old one would be wrong."""


def line_event(line: Line) -> dict[str, Any] | None:
    """The event of a line: `started`, `failure`, `excluded`, `stall`, `mark`; None for others.

    All but the name of the event and its schema are the fields of the line in the record.
    """
    match line:
        case RequestLine(verdict=RequestOutcome.OK):
            return None
        case RequestLine():
            name = "failure" if line.verdict is RequestOutcome.FAILED else "excluded"
        case RunLine():
            name = "started"
        case StallLine():
            name = "stall"
        case _ if line.kind == "mark":
            name = "mark"
        case _:
            return None
    return {"event": name, **line_to_dict(line), "schema": SCHEMA}


def interval_event(
    bucket: Bucket, from_s: float, to_s: float, in_flight: int, dropped: int
) -> dict[str, Any]:
    """What ended in an interval: counts, rates, latencies and slots of it alone."""
    return {
        "event": "interval",
        "schema": SCHEMA,
        "from_at": iso_utc(from_s),
        "to_at": iso_utc(to_s),
        "requests": bucket.requests,
        "requests_per_s": round(bucket.requests / max(to_s - from_s, 1e-9), 3),
        "in_flight": in_flight,
        "kinds": dict(bucket.kinds),
        "faults": dict(bucket.faults),
        "latency_ms": rounded_percentiles(bucket.steady.latency_ms),
        "schedule_error_ms": rounded_percentiles(bucket.schedule_error_ms),
        "slots": {
            slot: {
                "ok": tally.ok,
                "failed": tally.failed,
                "excluded": tally.excluded,
                "latency_ms": rounded_percentiles(tally.latency_ms),
            }
            for slot, tally in sorted(bucket.slots.items())
        },
        "events_dropped": dropped,
    }


def summary_event(document: dict[str, Any]) -> dict[str, Any]:
    """The last event: the whole summary, as `--json` prints it."""
    return {"event": "summary", "schema": SCHEMA, "summary": document}
