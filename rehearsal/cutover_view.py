"""Shows a cutover as it runs: a live table on a terminal, a line a step elsewhere."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Generator
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from rehearsal.cutover import Step


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
        self._steps: list[Step] = []
        self._started = time.monotonic()
        self._last_said = ""

    @contextlib.contextmanager
    def running(self) -> Generator[None]:
        """Show what happens inside the block."""
        if self._as_json or not self._console.is_terminal:
            yield
            return
        with Live(self._table(), console=self._console, refresh_per_second=8) as live:
            self._live = live
            try:
                yield
            finally:
                live.update(self._table())
                self._live = None

    def say(self, text: str) -> None:
        """What is going on now."""
        if self._as_json or text == self._last_said:
            return
        self._last_said = text
        if self._live is not None:
            now = Spinner("dots", Text(f"{text}  ({self._seconds():.0f} s)", style="dim"))
            self._live.update(Group(self._table(), now))
        elif not text.startswith("waiting"):
            self._console.print(f"{self._seconds():6.1f} s  {text}", highlight=False)

    def add(self, step: Step) -> None:
        """A step that is done."""
        self._steps.append(step)
        if self._live is not None:
            self._live.update(self._table())
        elif not self._as_json:
            live = ", ".join(f"{name} {weights}" for name, weights in step.weights.items())
            verdict = step.problem or "ok"
            text = f"{step.name}: {step.changed}; live {live}; up took {step.seconds:.1f} s; "
            self._console.print(
                f"{self._seconds():6.1f} s  {text}{verdict}", highlight=False, soft_wrap=True
            )

    def finish(self, *, is_good: bool, note: str) -> None:
        """The closing line, or the whole as JSON."""
        seconds = self._seconds()
        if self._as_json:
            document: dict[str, Any] = {
                "version": 1,
                "ok": is_good,
                "seconds": round(seconds, 1),
                "steps": [dataclasses.asdict(step) for step in self._steps],
                "note": note,
            }
            print(json.dumps(document, indent=2))
            return
        style = "bold green" if is_good else "bold red"
        self._console.print(Text(f"{note} ({seconds:.0f} s)", style=style), soft_wrap=True)

    def _table(self) -> Table:
        title = "Slot 01 (v1) to slot 02 (v2); weights as the local AWS has them"
        table = Table(title=title, title_justify="left")
        names = list(self._steps[0].weights) if self._steps else []
        table.add_column("step")
        table.add_column("preview")
        for name in names:
            table.add_column(name, justify="right")
        table.add_column("up", justify="right")
        table.add_column("verdict")
        for step in self._steps:
            verdict = Text(step.problem, style="red") if step.problem else Text("ok", "green")
            live = [step.weights.get(name, "") for name in names]
            table.add_row(step.name, step.changed, *live, f"{step.seconds:.1f} s", verdict)
        return table

    def _seconds(self) -> float:
        return time.monotonic() - self._started
