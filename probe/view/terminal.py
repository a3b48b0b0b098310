"""The run on a terminal, drawn by a thread of its own.

Drawing takes milliseconds, and a request would leave late by as many if the run's thread did it.
What is drawn is a pure function of the summary so far.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from probe.options.run_options import RunOptions
from probe.quantity import duration_text
from probe.record.line import Line, LineKind, RequestLine, RunLine
from probe.summary.document import summary_document, unix_seconds
from probe.summary.run_summary import RunSummary
from probe.summary.series import ERROR, EXCLUDED, OK, STATUS_4XX, STATUS_5XX, Series
from probe.summary.tally import SHARE_CONFIDENCE
from probe.summary.text import clock_text
from rollout.binomial import binomial_bound

REFRESH_SECONDS = 0.5
KEPT_SECONDS = 240

_SWITCH_SECONDS = 0.0005
"""How long the drawing thread may hold the interpreter while a request is due; Python's own 5 ms
would show as schedule error."""


class LiveDisplay:
    """Draws the summary in place while it grows."""

    period_s = REFRESH_SECONDS

    def __init__(self, options: RunOptions) -> None:
        """Begin to draw on standard error."""
        self._options = options
        self._series: Series | None = None
        self._notes: list[str] = []
        self._states: queue.SimpleQueue[LiveState | None] = queue.SimpleQueue()
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._thread = threading.Thread(target=self._draw_all, name="live view", daemon=True)
        self._thread.start()

    def line(self, line: Line) -> None:
        """Count a request into its second."""
        if isinstance(line, RunLine):
            self._series = Series(line.started_s, 1.0, kept=KEPT_SECONDS)
        elif isinstance(line, RequestLine) and self._series is not None:
            self._series.add(line)

    def refresh(self, summary: RunSummary, in_flight: int) -> None:
        """Hand the drawing thread what to draw, copied, since the run goes on meanwhile."""
        if self._series is None:
            return
        self._states.put(
            LiveState(
                document=summary_document(summary, has_shares=False),
                elapsed_s=time.time() - summary.started_s,
                duration_s=self._options.duration_s,
                in_flight=in_flight,
                seconds={at: dict(b.kinds) for at, b in self._series.buckets.items()},
                notes=tuple(self._notes[-3:]),
            )
        )

    def note(self, text: str) -> None:
        """Show it below."""
        self._notes.append(text)

    def close(self, document: dict[str, Any]) -> None:  # noqa: ARG002  (of the protocol)
        """Take the view away; the summary is printed in its place."""
        self._states.put(None)
        self._thread.join()

    def _draw_all(self) -> None:
        console = Console(file=sys.stderr)
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while (state := self._states.get()) is not None:
                live.update(live_view(state, console.width), refresh=True)


SHOWN_WINDOWS = 5
SHOWN_STREAMS = 4
_BLOCKS = " ▁▂▃▄▅▆▇█"
_NUMBERS = ("p50", "p90", "p99", "max")


@dataclass(frozen=True, slots=True)
class LiveState:
    """One moment of a run, copied out of it."""

    document: dict[str, Any]
    elapsed_s: float
    duration_s: float | None
    in_flight: int
    seconds: Mapping[int, Mapping[str, int]]
    """Second of the run -> requests by kind."""
    notes: tuple[str, ...] = ()


def live_view(state: LiveState, width: int) -> RenderableType:
    """The whole view, for a terminal of `width` columns."""
    document = state.document
    parts: list[RenderableType] = [
        _title(state),
        *_streams(document["streams"], width),
        Text(),
        _counts(state),
        Text(),
        _timeline(state, width),
        Text(),
        _groups(document, width),
    ]
    if document["windows"]["count"]:
        parts += [Text(), *_windows(document["windows"])]
    parts += [Text(), *_own(document)]
    parts += [Text(note, style="yellow") for note in state.notes]
    parts.append(Text("Ctrl-C ends the run and shows the summary", style="dim"))
    return Group(*parts)


def _title(state: LiveState) -> Text:
    document = state.document
    failed = document["requests"]["failed"]
    text = Text()
    word, style = ("FAILING", "bold white on red") if failed else ("no failure", "bold green")
    text.append(f" {word} ", style=style)
    text.append(f"  {document['rate_per_s']:g}/s  ", style="bold")
    text.append(duration_text(state.elapsed_s))
    if state.duration_s is not None:
        text.append(f" of {duration_text(state.duration_s)}", style="dim")
    return text


def _streams(parts: list[dict[str, Any]], width: int) -> Iterable[Text]:
    for part in parts[:SHOWN_STREAMS]:
        text = Text("  ", no_wrap=True, overflow="ellipsis")
        text.append(part["url"][: width - 24], style="bold")
        if part["kind"] != LineKind.REQUESTS:
            text.append(f" {part['kind']}", style="dim")
        if part["failed"]:
            text.append(f"  {part['failed']:,} failed", style="red")
        yield text
    if len(parts) > SHOWN_STREAMS:
        yield Text(f"  and {len(parts) - SHOWN_STREAMS} more", style="dim")


def _counts(state: LiveState) -> Text:
    requests = state.document["requests"]
    availability = state.document["availability"]
    text = Text("  ")
    text.append(f"{requests['ok']:,}", style="bold green")
    text.append(" ok   ")
    text.append(f"{requests['failed']:,}", style="bold red" if requests["failed"] else "bold")
    text.append(" failed   ")
    if requests["excluded"]:
        text.append(f"{requests['excluded']:,}", style="bold yellow")
        text.append(" not judged   ")
    text.append(f"{state.in_flight:,} open", style="dim")
    if availability is not None:
        shown = "100" if availability == 1 else f"{min(availability * 100, 99.9999):.4f}"
        text.append(f"   {shown} % available")
    return text


def _timeline(state: LiveState, width: int) -> Text:
    """One cell a second, the newest on the right: its height the rate, its colour the worst."""
    cells = max(width - 4, 10)
    newest = max(state.seconds, default=0)
    shown = range(newest - cells + 1, newest + 1)
    rates = [sum(state.seconds.get(at, {}).values()) for at in shown]
    highest = max(*rates, 1)
    text = Text("  ")
    for at, rate in zip(shown, rates, strict=True):
        height = 0 if not rate else max(1, round(rate / highest * 8))
        text.append(_BLOCKS[height], style=_colour(state.seconds.get(at, {})))
    text.append(f"\n  the last {cells} s, up to {highest:,}/s", style="dim")
    for label, style in (("ok", "green"), ("4xx", "yellow"), ("5xx", "red"), ("error", "magenta")):
        text.append("  ■ ", style=style)
        text.append(label, style="dim")
    return text


def _colour(kinds: Mapping[str, int]) -> str:
    for kind, colour in (
        (ERROR, "magenta"),
        (STATUS_5XX, "red"),
        (STATUS_4XX, "yellow"),
        (EXCLUDED, "bright_black"),
        (OK, "green"),
    ):
        if kinds.get(kind):
            return colour
    return "dim"


def _groups(document: dict[str, Any], width: int) -> Table:
    """Latency and split: all, each slot, each mode."""
    table = Table(box=None, pad_edge=False, padding=(0, 2 if width >= 120 else 1), show_edge=False)
    table.add_column("latency ms", style="bold", no_wrap=True)
    for name in (*_NUMBERS, "ok", "failed"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("split (95 %)", no_wrap=True)
    everything = {**document["requests"], "latency_ms": document["latency_ms"]}
    table.add_row("  all", *_group_cells(everything), "")
    answers = sum(group["ok"] + group["failed"] for group in document["slots"].values())
    for slot, group in document["slots"].items():
        share = _share_bar(group["ok"] + group["failed"], answers, width)
        table.add_row(f"  slot {slot}", *_group_cells(group), share)
    for mode, group in document["modes"].items():
        table.add_row(f"  {mode}", *_group_cells(group), "")
    return table


def _group_cells(group: Mapping[str, Any]) -> list[Text]:
    latency = group["latency_ms"]
    cells = [Text("-" if latency[n] is None else f"{latency[n]:,.1f}") for n in _NUMBERS]
    failed = Text(f"{group['failed']:,}", style="red" if group["failed"] else "")
    return [*cells, Text(f"{group['ok']:,}"), failed]


def _share_bar(part: int, whole: int, width: int) -> Text:
    if not whole:
        return Text("")
    share, bound = part / whole, binomial_bound(part, whole, SHARE_CONFIDENCE)
    length = 10 if width < 120 else 30
    filled = round(share * length)
    text = Text("█" * filled, style="cyan")
    text.append("░" * (length - filled), style="dim")
    text.append(f" {share * 100:.1f} %")
    text.append(f" {bound.low * 100:.0f}-{bound.high * 100:.0f}", style="dim")
    return text


def _windows(windows: dict[str, Any]) -> Iterable[Text]:
    yield Text(f"{windows['count']} downtime windows" if windows["count"] > 1 else "downtime")
    for window in windows["listed"][-SHOWN_WINDOWS:]:
        style = "red" if window["kind"] == "down" else "yellow"
        faults = ", ".join(window["faults"])
        text = Text("  ", no_wrap=True, overflow="ellipsis")
        text.append(clock_text(unix_seconds(window["start_at"])))
        text.append(f"  {duration_text(window['length_ms'] / 1000):>9} ")
        text.append(window["kind"], style=style)
        text.append(f"  {window['lost']:,} lost  {faults}")
        yield text


def _own(document: dict[str, Any]) -> Iterable[Text]:
    late, stalls = document["schedule_error_ms"], document["stalls"]
    if late["p99"] is not None:
        yield Text(f"late sends p99 {late['p99']:.1f} ms, max {late['max']:.1f} ms", style="dim")
    if stalls["count"]:
        total = duration_text(stalls["total_ms"] / 1000)
        yield Text(f"{stalls['count']} stalls of the prober itself, {total}", style="yellow")
