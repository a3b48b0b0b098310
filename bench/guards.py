"""What the guards cost an `up`: the same stack, with them and by a program without them.

The program without guards is written for this measurement: nothing in the program can turn them
off. Runs alternate, so that the machine's noise meets both.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rehearsal.engine import RehearsalEngine, copy_project
from rehearsal.lifecycle import ROOT, engine_of, start
from rehearsal.workspace import Workspace

RUNS = 5
_UNGUARDED = """\
import gc

from components.guards.engine_log import EngineLog
from components.guards.hooks import NO_HOOKS
from components.guards.program import read_settings
from components.stack import declare_stack

settings = read_settings(EngineLog())
gc.disable()
declare_stack(settings, NO_HOOKS, lambda *_: None)
gc.freeze()
gc.enable()
"""
"""The program without a guard: it reads of AWS what its config names, and binds no hook."""


def main() -> None:
    """Measure an `up` at rest and one that moves weight, and print both."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="failover-bench-") as folder:
        workspace = Workspace(copy_project(ROOT, Path(folder) / "clone"))
        started = start(workspace, "dev", 0.5, console.log, tethered=True)
        assert started.supervisor is not None
        try:
            _measure(console, workspace, engine_of(workspace, started.running))
        finally:
            started.supervisor.terminate()
            started.supervisor.wait()


def _measure(console: Console, workspace: Workspace, engine: RehearsalEngine) -> None:
    program = workspace.root / "__main__.py"
    guarded = program.read_text()
    engine.set_config("weights", "100/0")
    # One look is enough: what is measured is the looking, and not how long a slot must be healthy.
    engine.set_config("ramp.guard.healthyPolls", "1", "--path")
    engine.run("up", "--yes", "--skip-preview")
    table = Table(title="pulumi up --skip-preview --yes", title_justify="left")
    for column in ("", "with guards", "without", "guards add"):
        table.add_column(column, justify="right")
    splits = itertools.cycle(("90/10", "100/0"))
    for name, change in (
        ("at rest", lambda: None),
        ("moves weight", lambda: engine.set_config("weights", next(splits))),
    ):
        with_s, without_s = _rounds(program, guarded, engine, change)
        added = statistics.median(a - b for a, b in zip(with_s, without_s, strict=True))
        table.add_row(name, _shown(with_s), _shown(without_s), f"{added:.2f} s")
    console.print(table)


def _rounds(
    program: Path,
    guarded: str,
    engine: RehearsalEngine,
    change: Callable[[], None],
) -> tuple[list[float], list[float]]:
    """Seconds of each round, with guards and without; the first one only warms the caches."""
    seconds: dict[str, list[float]] = {guarded: [], _UNGUARDED: []}
    for number in range(RUNS + 1):
        for text in (guarded, _UNGUARDED):
            program.write_text(text)
            change()
            began = time.monotonic()
            engine.run("up", "--yes", "--skip-preview")
            if number > 0:
                seconds[text].append(time.monotonic() - began)
    return seconds[guarded], seconds[_UNGUARDED]


def _shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f})"
