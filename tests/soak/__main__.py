"""`python -m tests.soak`: run what a ramp must survive, and write docs/soak.md.

Progress is on standard error. Results are kept as each part ends: a run that was stopped goes on
with the parts that this commit has no result of; `--anew` forgets them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from rehearsal.engine import copy_project
from rehearsal.lifecycle import ROOT, start
from rehearsal.scenarios.scenario_run import ScenarioRun
from rehearsal.scenarios.scenario_stack import ScenarioStack
from rehearsal.workspace import Workspace
from tests.soak.page import PAGE, page
from tests.soak.parts import COMMANDS, NAMES, SCENARIOS, CommandPart, Found, ScenarioPart
from tests.soak.record import Record, Result, commit_of_tree, now

BOOT_SECONDS = 0.5

Part = TypeVar("Part", ScenarioPart, CommandPart)


def main() -> int:
    """0 when every part that was asked for was as it should be."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--only", default="", help="names, with commas between")
    parser.add_argument("--anew", action="store_true", help="run what has a result as well")
    parser.add_argument("--times", type=int, help="how often what is repeated is run")
    options = parser.parse_args()
    only = [name for name in options.only.split(",") if name]
    if unknown := [name for name in only if name not in NAMES]:
        parser.error(f"no part is named {', '.join(unknown)}; there are: {', '.join(NAMES)}")
    record, commit = Record(), commit_of_tree()
    had = {r.part for r in record.results() if r.commit == commit and not options.anew}
    wanted = [name for name in only or NAMES if name not in had]
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", file=sys.stderr, flush=True)

    def run(name: str, act: Callable[[], Found]) -> None:
        began = time.monotonic()
        ok, facts, problems = act()
        seconds = round(time.monotonic() - began, 1)
        facts = {**facts, "load": round(os.getloadavg()[1], 1), "cores": os.cpu_count()}
        record.append(Result(name, ok, seconds, facts, list(problems), commit, now()))
        PAGE.write_text(page(record.newest()))
        say(f"{name}: {'ok' if ok else 'NOT OK'} in {seconds:.0f} s {'; '.join(problems)[:300]}")

    def often(part: Part) -> Part:
        return replace(part, times=options.times or part.times) if part.times > 1 else part

    _play([often(part) for part in SCENARIOS if part.name in wanted], run, say)
    for command in [often(part) for part in COMMANDS if part.name in wanted]:
        run(command.name, lambda command=command: command.run(say))
    newest = record.newest()
    return 0 if all(newest[name].ok for name in only or NAMES if name in newest) else 1


def _play(
    parts: Sequence[ScenarioPart],
    run: Callable[[str, Callable[[], Found]], None],
    say: Callable[[str], None],
) -> None:
    """Play scenarios one after another, those of the same delay of metrics on one rehearsal."""
    by_lag = sorted(parts, key=lambda part: part.scenario.metric_lag_seconds)
    for lag, group in itertools.groupby(by_lag, lambda part: part.scenario.metric_lag_seconds):
        with tempfile.TemporaryDirectory(prefix="failover-soak-") as folder:
            workspace = Workspace(copy_project(ROOT, Path(folder) / "clone"))
            started = start(
                workspace, "prod", BOOT_SECONDS, say, tethered=True, metric_lag_seconds=lag
            )
            assert started.supervisor is not None
            try:
                scenarios = ScenarioRun(
                    ScenarioStack(workspace, started.running, say), Path(folder) / "record"
                )
                for part in group:
                    run(part.name, lambda part=part, scenarios=scenarios: part.run(scenarios, say))
            finally:
                started.supervisor.terminate()
                started.supervisor.communicate()


if __name__ == "__main__":
    sys.exit(main())
