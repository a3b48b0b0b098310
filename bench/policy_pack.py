"""What the policy pack adds to one `pulumi` command: the same command with and without it.

Both are at rest, so that nothing is waited for but engine, program and pack. Runs alternate, so
that the machine's noise meets both; what counts is the difference within a round.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from bench.weight_change import set_services
from rehearsal.engine import RehearsalEngine, copy_project, pack_options
from rehearsal.lifecycle import ROOT, engine_of, start
from rehearsal.workspace import Workspace

LIKE = "dev"
SIZES = (2, 10)
RUNS = 5
COMMANDS = {
    "preview": ("preview",),
    "up": ("up", "--yes", "--skip-preview"),
}


def main() -> None:
    """Measure and print one table."""
    console = Console()
    table = Table(title="One command at rest, with and without the pack", title_justify="left")
    for column in ("services", "resources", "command", "without", "with", "the pack adds"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory(prefix="failover-bench-") as folder:
        workspace = Workspace(copy_project(ROOT, Path(folder) / "clone"))
        started = start(workspace, LIKE, 0.5, console.log, tethered=True)
        assert started.supervisor is not None
        try:
            engine = engine_of(workspace, started.running)
            for size in SIZES:
                console.log(f"building a stack of {size} services")
                set_services(workspace.stack_file, size)
                _measure(engine, table, size, pack_options(workspace.root))
        finally:
            started.supervisor.terminate()
            started.supervisor.wait()
    console.print(table)


def _measure(engine: RehearsalEngine, table: Table, size: int, pack: tuple[str, ...]) -> None:
    engine.run("up", "--yes", "--skip-preview")
    resources = len(yaml.safe_load(engine.run("stack", "export"))["deployment"]["resources"])
    for name, command in COMMANDS.items():
        rounds = [
            (_seconds(engine, command), _seconds(engine, (*command, *pack)))
            for _ in range(RUNS + 1)
        ][1:]  # the first warms the caches
        without, with_pack = zip(*rounds, strict=True)
        added = [after - before for before, after in rounds]
        cells = (_shown(without), _shown(with_pack), _shown(tuple(added)))
        table.add_row(str(size), str(resources), name, *cells)


def _seconds(engine: RehearsalEngine, command: tuple[str, ...]) -> float:
    started = time.monotonic()
    engine.run(*command)
    return time.monotonic() - started


def _shown(seconds: tuple[float, ...]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"
