"""What a run shows while it goes on: nothing, a line now and then, or events for programs."""

from __future__ import annotations

import json
import time
from typing import Any, Protocol

from probe.process.host import BackgroundWriter
from probe.quantity import duration_text
from probe.record.line import Line, RequestLine, RequestOutcome, RunLine, StallLine, line_to_dict
from probe.summary.document import iso_utc, rounded_percentiles
from probe.summary.run_summary import RunSummary
from probe.summary.series import Bucket


class Display(Protocol):
    """Notified of everything in the run's own thread, so nothing in it may wait."""

    @property
    def period_s(self) -> float:
        """How often `refresh` is to be called."""
        ...

    def line(self, line: Line) -> None:
        """A line of the record has come."""
        ...

    def refresh(self, summary: RunSummary, in_flight: int) -> None:
        """A period is over."""
        ...

    def note(self, text: str) -> None:
        """Show a line to a person."""
        ...

    def close(self, document: dict[str, Any]) -> None:
        """The run has ended with this summary."""
        ...


class PlainDisplay:
    """A line of progress each interval, for a log."""

    def __init__(self, writer: BackgroundWriter, period_s: float) -> None:
        self._writer = writer
        self.period_s = period_s
        self._bucket = Bucket()

    def line(self, line: Line) -> None:
        """Count requests into the running interval."""
        if isinstance(line, RequestLine):
            self._bucket.add(line)

    def refresh(self, summary: RunSummary, in_flight: int) -> None:
        """Write the interval's line and begin the next."""
        bucket, self._bucket = self._bucket, Bucket()
        latency = bucket.steady.latency_ms.quantile(0.99)
        slots = " ".join(f"{slot}:{tally.judged:,}" for slot, tally in sorted(bucket.slots.items()))
        parts = [
            f"{duration_text(max(time.time() - summary.started_s, 0)):>9}",
            f"{bucket.requests:>6,} requests",
            f"{bucket.failed:,} failed",
            f"p99 {'-' if latency is None else f'{latency:.1f} ms'}",
            f"{in_flight:,} open",
            *([slots] if slots else []),
            f"(in all {summary.total.judged:,}, {summary.total.failed:,} failed)",
        ]
        self._writer.write_line("  ".join(parts))

    def note(self, text: str) -> None:
        """Write it as a line."""
        self._writer.write_line(text)

    def close(self, document: dict[str, Any]) -> None:  # noqa: ARG002  (of the protocol)
        """Write what is waiting."""
        self._writer.close()


class EventDisplay:
    """Events as JSON lines, for a program that watches."""

    def __init__(self, writer: BackgroundWriter, notes: BackgroundWriter, period_s: float) -> None:
        self._writer = writer
        self._notes = notes
        self.period_s = period_s
        self._bucket = Bucket()
        self._since_s = time.time()

    def line(self, line: Line) -> None:
        """Write the line's event, if it is one."""
        if isinstance(line, RequestLine):
            self._bucket.add(line)
        event = line_event(line)
        if event is not None:
            self._write(event)

    def refresh(self, summary: RunSummary, in_flight: int) -> None:  # noqa: ARG002  (of the protocol)
        """Write the interval's event and begin the next."""
        bucket, self._bucket = self._bucket, Bucket()
        since_s, self._since_s = self._since_s, time.time()
        dropped = self._writer.dropped
        self._write(interval_event(bucket, since_s, self._since_s, in_flight, dropped))

    def note(self, text: str) -> None:
        """Write it where people read."""
        self._notes.write_line(text)

    def close(self, document: dict[str, Any]) -> None:
        """Write the summary as the last event, and wait until all is written."""
        self._writer.close(_as_line(summary_event(document)))
        self._notes.close()

    def _write(self, event: dict[str, Any]) -> None:
        self._writer.write_line(_as_line(event))


def _as_line(event: dict[str, Any]) -> str:
    return json.dumps(event, separators=(",", ":"))


class NoDisplay:
    """Shows nothing but notes."""

    period_s = 3600.0

    def __init__(self, notes: BackgroundWriter) -> None:
        self._notes = notes

    def line(self, line: Line) -> None:
        """Nothing to show."""

    def refresh(self, summary: RunSummary, in_flight: int) -> None:
        """Nothing to show."""

    def note(self, text: str) -> None:
        """Write it where people read."""
        self._notes.write_line(text)

    def close(self, document: dict[str, Any]) -> None:  # noqa: ARG002  (of the protocol)
        """Write what is waiting."""
        self._notes.close()


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
