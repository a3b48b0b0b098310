"""Wall time of one weight change, for stacks of several sizes, beside its floor and a peer.

The floor is a program of one resource, a listener rule, on the same engine and provider. The peer
is `terraform apply` of the same rules on the same local AWS, where terraform is installed; it
manages the rules only, the stack everything. Runs alternate, so that the machine's noise meets all
of them; what counts are the ratios.
"""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from bench.floor import Floor
from bench.terraform_peer import TerraformPeer
from bench.timeline import Timeline, timed_up
from rehearsal.engine import RehearsalEngine, copy_project
from rehearsal.lifecycle import ROOT, engine_of, start
from rehearsal.shell_environment import process_environment
from rehearsal.workspace import Workspace

SIZES = (2, 10, 30)
RUNS = 5
SPLITS = ("75/25", "50/50")


def main() -> None:
    """Measure and print one table, and where the time of one change goes."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="failover-bench-") as folder:
        root = copy_project(ROOT, Path(folder) / "clone")
        workspace = Workspace(root)
        started = start(workspace, "dev", 0.5, console.log, tethered=True)
        assert started.supervisor is not None
        try:
            env = process_environment(workspace, started.running, os.environ)
            engine = engine_of(workspace, started.running)
            _measure(console, workspace, engine, env, Path(folder))
        finally:
            started.supervisor.terminate()
            started.supervisor.wait()


def _measure(
    console: Console,
    workspace: Workspace,
    engine: RehearsalEngine,
    env: dict[str, str],
    folder: Path,
) -> None:
    table = Table(
        title="One weight change: config set + up --skip-preview --yes", title_justify="left"
    )
    for column in (
        "services",
        "resources",
        "stack",
        "floor",
        "stack/floor",
        "terraform",
        "stack/tf",
    ):
        table.add_column(column, justify="right")
    floor: Floor | None = None
    timelines: list[Timeline] = []
    per_size: list[tuple[int, float]] = []
    for size in SIZES:
        console.log(f"building a stack of {size} services")
        set_services(workspace.stack_file, size)
        engine.run("up", "--yes", "--skip-preview")
        outputs = engine.outputs()
        resources = len(yaml.safe_load(engine.run("stack", "export"))["deployment"]["resources"])
        floor = floor or Floor.create(folder / "floor", env, outputs)
        peer = TerraformPeer.create(folder / f"terraform-{size}", env, outputs)
        console.log(f"measuring {size} services, {resources} resources, {RUNS} rounds")
        stack_s, floor_s, peer_s = _rounds(engine, floor, peer)
        ratio = statistics.median(a / b for a, b in zip(stack_s, floor_s, strict=True))
        row = [str(size), str(resources), _shown(stack_s), _shown(floor_s), f"{ratio:.2f}"]
        if peer_s:
            peer_ratio = statistics.median(a / b for a, b in zip(stack_s, peer_s, strict=True))
            row += [_shown(peer_s), f"{peer_ratio:.2f}"]
        else:
            row += [TerraformPeer.why_missing(), ""]
        table.add_row(*row)
        per_size.append((resources, statistics.median(stack_s)))
        engine.set_config("weights", SPLITS[0])
        timelines.append(timed_up(workspace.root, env, resources))
    console.print(table)
    _print_slope(console, per_size)
    for timeline in timelines:
        console.print(timeline.as_text(), highlight=False)


def _rounds(
    engine: RehearsalEngine, floor: Floor, peer: TerraformPeer | None
) -> tuple[list[float], list[float], list[float]]:
    stack_s: list[float] = []
    floor_s: list[float] = []
    peer_s: list[float] = []
    for number in range(RUNS + 1):
        split = SPLITS[number % 2]
        seconds = _timed(lambda split=split: _change(engine, split))
        floor_seconds = _timed(lambda split=split: floor.change(split))
        peer_seconds = _timed(lambda split=split: peer.change(split)) if peer else None
        if number == 0:
            continue  # the first round warms the caches
        stack_s.append(seconds)
        floor_s.append(floor_seconds)
        if peer_seconds is not None:
            peer_s.append(peer_seconds)
    return stack_s, floor_s, peer_s


def _change(engine: RehearsalEngine, split: str) -> None:
    engine.set_config("weights", split)
    engine.run("up", "--yes", "--skip-preview")


def _timed(act: Callable[[], None]) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started


def _shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f})"


def _print_slope(console: Console, per_size: list[tuple[int, float]]) -> None:
    for (few, fast), (many, slow) in itertools.pairwise(per_size):
        slope_ms = (slow - fast) / (many - few) * 1000
        console.print(f"from {few} to {many} resources: {slope_ms:.1f} ms a resource")


def set_services(stack_file: Path, count: int) -> None:
    """Give the stack `count` services, each a copy of its first with a host of its own."""
    document: dict[str, Any] = yaml.safe_load(stack_file.read_text())
    config = document["config"]
    service = next(iter(config["failover:services"].values()))
    images = next(iter(config["failover:images"].values()))
    capacity = next(iter(config["failover:capacity"].values()))
    names = [f"svc{number:02d}" for number in range(count)]
    config["failover:services"] = {
        name: service | {"hosts": [f"{name}.example"], "paths": ["/*"], "priority": 1000 + 10 * n}
        for n, name in enumerate(names)
    }
    config["failover:images"] = dict.fromkeys(names, images)
    config["failover:capacity"] = dict.fromkeys(names, capacity)
    config["failover:weights"] = SPLITS[1]
    # One look is enough: what is measured is the change, and not how long a slot must be healthy.
    config["failover:ramp"] = {"guard": {"healthyPolls": 1, "pollSeconds": 1}}
    stack_file.write_text(_dumped(document))


def _dumped(document: dict[str, Any]) -> str:
    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the CLI reads no anchors
            return True

    return yaml.dump(document, Dumper=Plain, sort_keys=False)
