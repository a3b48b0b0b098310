"""One scenario from nothing to nothing: a rehearsal of its own, the run, and the teardown.

Its result is printed as text, and as data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from rehearsal.lifecycle import start, stop
from rehearsal.scenarios.catalogue import scenario_named
from rehearsal.scenarios.outcome import ScenarioResult
from rehearsal.scenarios.scenario import Scenario
from rehearsal.scenarios.scenario_run import ScenarioRun
from rehearsal.scenarios.scenario_stack import ScenarioStack
from rehearsal.workspace import Workspace, ended_ramps

INTERRUPTED = 130


def listed(scenarios: tuple[Scenario, ...]) -> Iterator[str]:
    """One line a scenario: its name and its sentence."""
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        yield f"{scenario.name:<{width}}  {scenario.sentence}"


def lines(result: ScenarioResult) -> Iterator[str]:
    """What came of it, and each way in which it was not what it should be."""
    verdict = "not as it should be" if result.problems else "as it should be"
    yield f"{result.scenario.name}: {ending(result)}; {verdict}"
    if result.reason:
        yield f"  because   {result.reason}"
    yield f"  requests  {result.requests:,}, {result.lost:,} lost"
    if (seconds := result.seconds_from_first_lost) is not None:
        yield f"  back      {seconds:.1f} s after the first lost request all was as before"
    elif (seconds := result.seconds_from_fault) is not None:
        yield f"  back      {seconds:.1f} s after the fault all was as before"
    if result.lost_straight is not None:
        yield f"  straight  {result.lost_straight:,} lost by 0/100 at once, undone after 10 s"
    for problem in result.problems:
        yield f"  problem   {problem}"


def ending(result: ScenarioResult) -> str:
    """`exit 1, caught at stage 2 (25 %), 34 s in all`."""
    how = "done" if result.exit_code == 0 else f"exit {result.exit_code}, {caught(result)}"
    return f"{how}, {result.seconds:.0f} s in all"


def caught(result: ScenarioResult) -> str:
    """The stage at which it was caught."""
    return f"caught at stage {result.caught_stage}" if result.caught_stage else "caught at weight 0"


def document(result: ScenarioResult) -> dict[str, Any]:
    """The whole as JSON can hold it. Fields may be added within a version."""
    return {
        "version": 1,
        "scenario": result.scenario.name,
        "ok": not result.problems,
        "problems": result.problems,
        "exit": result.exit_code,
        "caughtAtStage": result.caught_stage if result.scenario.expected.exit_code else None,
        "because": result.reason,
        "seconds": round(result.seconds, 1),
        "secondsToVerdict": _rounded(result.seconds_to_verdict),
        "secondsFromFirstLost": _rounded(result.seconds_from_first_lost),
        "secondsFromFault": _rounded(result.seconds_from_fault),
        "requests": result.requests,
        "lost": result.lost,
        "lostStraight": result.lost_straight,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def run_and_report(
    workspace: Workspace, name: str, like: str, boot_seconds: float, *, wants_json: bool
) -> int:
    """Run a scenario by its name and print its result; the exit code.

    Raises:
        BadScenarioError: there is none of that name.
        RehearsalError: it could not be started or prepared; or one runs already.
    """

    def say(text: str) -> None:
        click.echo(text, err=True)

    scenario = scenario_named(name)
    say(f"{scenario.name}: {scenario.sentence}")
    try:
        result = run_alone(workspace, scenario, like, boot_seconds, say)
    except KeyboardInterrupt:
        say("stopped by hand; everything of the rehearsal is gone")
        return INTERRUPTED
    click.echo(json.dumps(document(result), indent=2) if wants_json else "\n".join(lines(result)))
    for page in _reports(workspace, result):
        say(f"  report    {page}")
    return 1 if result.problems else 0


def run_alone(
    workspace: Workspace,
    scenario: Scenario,
    like: str,
    boot_seconds: float,
    say: Callable[[str], None],
) -> ScenarioResult:
    """Run a scenario on a rehearsal of its own.

    Raises:
        RehearsalError: it could not be started or prepared; or one runs already.
    """
    lag = scenario.metric_lag_seconds
    started = start(workspace, like, boot_seconds, say, tethered=True, metric_lag_seconds=lag)
    try:
        stack = ScenarioStack(workspace, started.running, say)
        return ScenarioRun(stack, workspace.traffic).run(scenario)
    finally:
        say("tearing everything down")
        stop(workspace, force=True)


def _reports(workspace: Workspace, result: ScenarioResult) -> list[Path]:
    """The page that the ramp has left; none where it could not be made."""
    ramps = {entry.ramp for entry in result.entries}
    pages = ended_ramps(workspace.root).glob("*/report.html")
    return [page for page in pages if page.parent.name in ramps]
