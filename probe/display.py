"""What a run shows while it goes on: nothing, a line now and then, or events for programs."""

from __future__ import annotations

import json
import time
from typing import Any, Protocol

from probe.background_writer import BackgroundWriter
from probe.event import interval_event, line_event, summary_event
from probe.quantity import duration_text
from probe.record import Line, RequestLine
from probe.series import Bucket
from probe.summary import Summary


class Display(Protocol):
    """Told of everything in the run's own thread, so nothing in it may wait."""

    @property
    def period_s(self) -> float:
        """How often `refresh` is to be called."""
        ...

    def line(self, line: Line) -> None:
        """A line of the record has come."""
        ...

    def refresh(self, summary: Summary, in_flight: int) -> None:
        """A period is over."""
        ...

    def note(self, text: str) -> None:
        """Say something to a person."""
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

    def refresh(self, summary: Summary, in_flight: int) -> None:
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

    def refresh(self, summary: Summary, in_flight: int) -> None:  # noqa: ARG002  (of the protocol)
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

    def refresh(self, summary: Summary, in_flight: int) -> None:
        """Nothing to show."""

    def note(self, text: str) -> None:
        """Write it where people read."""
        self._notes.write_line(text)

    def close(self, document: dict[str, Any]) -> None:  # noqa: ARG002  (of the protocol)
        """Write what is waiting."""
        self._notes.close()
