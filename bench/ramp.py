"""What a ramp takes: a stage in its parts, the way back, and the driver itself in a long bake.

Two ramps run on a local AWS: a good one, and one that a check of the team's fails at its last
stage. The bake of an hour runs on a clock that does not wait, with the gate that costs most, the
prober's, and as many answers as an hour brings.
"""

from __future__ import annotations

import itertools
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.hour import Hour
from rehearsal.engine import copy_project
from rehearsal.lifecycle import ROOT, start
from rehearsal.ramp import ramp_process
from rehearsal.scenarios.catalogue import Scenario, scenario_named
from rehearsal.scenarios.scenario_stack import ScenarioStack
from rehearsal.workspace import Workspace
from rollout.entry import Entry
from rollout.ramp_event import (
    RampEvent,
    RollbackEnd,
    RollbackStart,
    SplitPropagation,
    SplitReadBack,
    StageStart,
    UpdateEnd,
    UpdateStart,
)


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Where the seconds of one stage went, its bake apart."""

    engine: float
    """From the start of `pulumi up` to its end."""
    aws: float
    """Config, capacity and live weights, before the `up` and after it."""
    proof: float
    """Until requests showed the new split."""


def main() -> None:
    """Measure and print."""
    console = Console()
    _hour(console)
    with tempfile.TemporaryDirectory(prefix="failover-bench-") as folder:
        workspace = Workspace(copy_project(ROOT, Path(folder) / "clone"))
        started = start(workspace, "prod", 0.5, console.log, tethered=True)
        assert started.supervisor is not None
        try:
            _measure(console, ScenarioStack(workspace, started.running, console.log))
        finally:
            started.supervisor.terminate()
            started.supervisor.wait()


def _measure(console: Console, stack: ScenarioStack) -> None:
    stages = list(stage_times(_entries(stack, scenario_named("good"))))
    table = Table(title="One stage of `failover ramp`, its bake apart", title_justify="left")
    for column in ("", "engine", "AWS calls", "proof by traffic", "sum"):
        table.add_column(column, justify="right")
    for number, times in enumerate(stages, 1):
        table.add_row(f"stage {number}", *_cells(times))
    middle = StageTimes(
        *(statistics.median(each) for each in zip(*map(_parts, stages), strict=True))
    )
    table.add_row("median", *_cells(middle))
    console.print(table)
    failed = _entries(stack, scenario_named("command"))
    began = next(each.at for each in failed if isinstance(each.event, RollbackStart))
    ended = next(each.at for each in failed if isinstance(each.event, RollbackEnd))
    whole = (ended - began).total_seconds()
    console.print(f"the way back, from the verdict to the rule that was read back: {whole:.1f} s")


def _entries(stack: ScenarioStack, scenario: Scenario) -> list[Entry]:
    stack.prepare(scenario)
    stack.say(f"failover ramp: {scenario.sentence}")
    with ramp_process(stack.workspace.root, stack.env, ("--to", "02", "--anew")) as ramp:
        entries = list(ramp.entries())
        ramp.wait()
    return entries


def stage_times(entries: Sequence[Entry]) -> Iterator[StageTimes]:
    """The parts of every stage that was proved by traffic."""
    kinds = [StageStart, UpdateStart, UpdateEnd, SplitReadBack, SplitPropagation]
    marks: list[tuple[type[RampEvent], float]] = []
    for entry in entries:
        kind = type(entry.event)
        if kind is StageStart:
            marks = []
        if kind in kinds:
            marks.append((kind, entry.at.timestamp()))
        if kind is SplitPropagation and [each for each, _ in marks] == kinds:
            set_s, up_s, verified_s, proof_s = (
                after - before for (_, before), (_, after) in itertools.pairwise(marks)
            )
            yield StageTimes(up_s, set_s + verified_s, proof_s)


def _parts(times: StageTimes) -> tuple[float, float, float]:
    return times.engine, times.aws, times.proof


def _cells(times: StageTimes) -> list[str]:
    parts = _parts(times)
    return [f"{seconds:.1f} s" for seconds in (*parts, sum(parts))]


def _hour(console: Console) -> None:
    """The driver's loop and the prober's gate for an hour of a clock that does not wait."""
    hour = Hour()
    before, began = _largest_mebi(), time.process_time()
    hour.run()
    seconds, after = time.process_time() - began, _largest_mebi()
    console.print(
        f"an hour's bake: {hour.answers:,} answers, judged {hour.ticks:,} times, "
        f"{seconds:.0f} s of processor time ({seconds / 3600:.2%} of a core); "
        f"memory {after:.0f} MiB at most, {after - before:.1f} more than before"
    )


def _largest_mebi() -> float:
    """The most memory that this process has had; Linux counts it in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
