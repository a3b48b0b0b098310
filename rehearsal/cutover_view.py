"""A cutover as text, as data, and live while it runs.

On a terminal that is a table, elsewhere a line a step.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from rehearsal.cutover import CutoverStep
from rehearsal.traffic.stage import CONFIDENCE, ServiceTraffic, StageTraffic
from rehearsal.traffic.watch import RampTraffic

_WIDE_COLUMNS = 120
"""A terminal of so many has room for the bound beside each share."""


def step_lines(step: CutoverStep) -> list[str]:
    """What a step did, in a line, and what the traffic showed, in another."""
    live = ", ".join(f"{name} {weights}" for name, weights in step.weights.items())
    verdict = step.problem or "ok"
    did = f"{step.name}: {step.changed}; live {live}; up took {step.seconds:.1f} s; {verdict}"
    return [did] if step.traffic is None else [did, _traffic_line(step.traffic)]


def _traffic_line(traffic: StageTraffic) -> str:
    parts = [
        f"{s.service} {s.share:.1%} of {s.requests:,} on slot 02 "
        f"({s.bound.low * 100:.1f} to {s.bound.high * 100:.1f})"
        for s in traffic.services
    ]
    parts.append(f"in all {traffic.requests:,} requests, {traffic.failed:,} failed")
    if (moved := traffic.moved_seconds) is not None:
        parts.append(f"followed {moved[0]:.2f} to {moved[1]:.2f} s after the up began")
    return "; ".join(parts)


def block(traffic: RampTraffic) -> Iterator[str]:
    """The closing lines: what the whole came to, and where the evidence lies."""
    document = traffic.summary.document
    latency = document["latency_ms"]
    shown = ", ".join(
        f"{name} {latency[name]:.1f} ms" for name in ("p50", "p99", "max") if latency[name]
    )
    yield f"  requests   {traffic.summary.requests:,}, {traffic.summary.failed:,} failed"
    if traffic.summary.failed:
        yield f"  failures   {_failures(document['failures'])}"
    yield f"  latency    {shown}"
    if count := document["stalls"]["count"]:
        stalled = document["stalls"]["total_ms"] / 1000
        yield f"  machine    the prober itself stalled {count} times, {stalled:.1f} s in all"
    for service, download in traffic.downloads.items():
        end = download.problem or f"whole after 0/100, {download.bytes:,} bytes"
        yield f"  download   {service}: begun on slot {download.slot} ({download.build}); {end}"
    for service, slots in traffic.sockets.items():
        seen = ", ".join(sorted(slots)) or "none"
        yield f"  WebSocket  {service}: answered by slot {seen} after 0/100"
    yield f"  record     {_from_here(traffic.summary.record)}"
    yield f"  report     {_from_here(traffic.summary.report)}"


def _failures(failures: Mapping[str, Any]) -> str:
    """`2,023 unexpected_status (2,023 with 502)`."""
    by_error = ", ".join(f"{count:,} {error}" for error, count in failures["by_error"].items())
    by_status = ", ".join(f"{n:,} with {status}" for status, n in failures["by_status"].items())
    return f"{by_error} ({by_status})" if by_status else by_error


def _from_here(path: Path) -> Path:
    """The shorter form, where the file is below the folder that the command was typed in."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def cutover_document(
    steps: Sequence[CutoverStep],
    traffic: RampTraffic | None,
    problems: Sequence[str],
    note: str,
    seconds: float,
) -> dict[str, Any]:
    """The whole as JSON can hold it. Fields may be added within a version."""
    document: dict[str, Any] = {
        "version": 1,
        "ok": not problems,
        "seconds": round(seconds, 1),
        "steps": [_step(step) for step in steps],
        "problems": list(problems),
        "note": note,
    }
    if traffic is not None:
        document["traffic"] = {
            "requests": traffic.summary.requests,
            "failed": traffic.summary.failed,
            "downloads": {
                service: {"slot": d.slot, "build": d.build, "bytes": d.bytes, "problem": d.problem}
                for service, d in traffic.downloads.items()
            },
            "webSockets": {service: sorted(slots) for service, slots in traffic.sockets.items()},
            "record": str(traffic.summary.record),
            "report": str(traffic.summary.report),
            "summary": traffic.summary.document,
        }
    return document


def _step(step: CutoverStep) -> dict[str, Any]:
    return {
        "name": step.name,
        "changed": step.changed,
        "weights": step.weights,
        "seconds": round(step.seconds, 3),
        "problem": step.problem,
        "traffic": None if step.traffic is None else _traffic(step.traffic),
    }


def _traffic(traffic: StageTraffic) -> dict[str, Any]:
    moved = traffic.moved_seconds
    return {
        "requests": traffic.requests,
        "failed": traffic.failed,
        "followedSeconds": None if moved is None else [round(each, 3) for each in moved],
        "services": {s.service: _service(s, traffic.began_s) for s in traffic.services},
    }


def _service(service: ServiceTraffic, began_s: float) -> dict[str, Any]:
    bound, moved = service.bound, service.moved
    times = None if moved is None else (moved.earliest_s - began_s, moved.latest_s - began_s)
    return {
        "configured": str(service.split),
        "requests": service.requests,
        "onSlot02": service.on_second,
        "share": round(service.share, 6),
        "bound": {"confidence": CONFIDENCE, "low": bound.low, "high": bound.high},
        "followedSeconds": None if times is None else [round(each, 3) for each in times],
    }


class CutoverView:
    """Collects the steps and shows them.

    Args:
        console: Where to; its `is_terminal` decides between the table and the lines.
        as_json: Show nothing while it runs, and one JSON document at the end.
    """

    def __init__(self, console: Console, *, as_json: bool = False) -> None:
        self._console = console
        self._as_json = as_json
        self._live: Live | None = None
        self._steps: list[CutoverStep] = []
        self._started = time.monotonic()
        self._shown_text = ""
        self._counts: Callable[[], tuple[int, int]] | None = None
        self._spinner = Spinner("dots")

    @contextlib.contextmanager
    def running(self) -> Generator[None]:
        """Show what happens inside the block."""
        if self._as_json or not self._console.is_terminal:
            yield
            return
        live = Live(console=self._console, refresh_per_second=8, get_renderable=self._now)
        with live:
            self._live = live
            try:
                yield
            finally:
                self._shown_text = ""
                self._live = None
                live.refresh()

    def follow(self, counts: Callable[[], tuple[int, int]]) -> None:
        """Show how many requests there are, and how many failed, from here on."""
        self._counts = counts

    def say(self, text: str) -> None:
        """What is going on now."""
        if self._as_json or text == self._shown_text:
            return
        self._shown_text = text
        if self._live is None and not text.startswith("waiting"):
            self._print_line(text)

    def add(self, step: CutoverStep) -> None:
        """A step that is done."""
        self._steps.append(step)
        if self._live is None and not self._as_json:
            first, *others = step_lines(step)
            self._print_line(first)
            for line in others:
                self._console.print(" " * 10 + line, highlight=False, soft_wrap=True)

    def finish(self, traffic: RampTraffic | None, problems: Sequence[str], note: str) -> None:
        """The closing block, or the whole as JSON."""
        seconds = self._seconds()
        if self._as_json:
            document = cutover_document(self._steps, traffic, problems, note, seconds)
            print(json.dumps(document, indent=2))
            return
        style = "bold red" if problems else "bold green"
        self._console.print(Text(f"{note} ({seconds:.0f} s)", style=style), soft_wrap=True)
        for problem in problems:
            self._console.print(Text(f"  {problem}", style="red"), soft_wrap=True)
        if traffic is not None:
            for line in block(traffic):
                self._console.print(line, highlight=False, soft_wrap=True)

    def _print_line(self, text: str) -> None:
        self._console.print(f"{self._seconds():6.1f} s  {text}", highlight=False, soft_wrap=True)

    def _now(self) -> RenderableType:
        if not self._shown_text:
            return self._table()
        text = self._shown_text
        if self._counts is not None:
            requests, failed = self._counts()
            text += f"; {requests:,} requests, {failed:,} failed" if requests else ""
        self._spinner.update(text=Text(f"{text} ({self._seconds():.0f} s)", style="dim"))
        return Group(self._table(), self._spinner)

    def _table(self) -> Table:
        is_wide = self._console.width >= _WIDE_COLUMNS
        title = "Slot 01 (v1) to slot 02 (v2). Shares are what slot 02 answered"
        table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
        for column in ("", "step", "changed"):
            table.add_column(column)
        services = list(self._steps[0].weights) if self._steps else []
        for column in ("up", "followed", *services, "requests", "failed"):
            table.add_column(column, justify="right", no_wrap=True)
        for step in self._steps:
            verdict = Text("✗", "red") if step.problem else Text("✓", "green")
            cells = _cells(step.traffic, len(services), is_wide=is_wide)
            table.add_row(verdict, step.name, step.changed, f"{step.seconds:.1f} s", *cells)
            if step.problem:
                table.add_row("", "", Text(step.problem, style="red"))
        return table

    def _seconds(self) -> float:
        return time.monotonic() - self._started


def _cells(traffic: StageTraffic | None, services: int, *, is_wide: bool) -> list[str]:
    """When the change was followed, the share of each service, requests, failed."""
    if traffic is None:
        return [""] * (services + 3)
    moved = traffic.moved_seconds
    followed = "" if moved is None else f"{moved[0]:.1f}-{moved[1]:.1f} s"
    shares = [_share(service, is_wide=is_wide) for service in traffic.services]
    return [followed, *shares, f"{traffic.requests:,}", f"{traffic.failed:,}"]


def _share(service: ServiceTraffic, *, is_wide: bool) -> str:
    share = f"{service.share:.1%}"
    if not is_wide:
        return share
    bound = service.bound
    return f"{share} ({bound.low * 100:.1f}-{bound.high * 100:.1f})"
