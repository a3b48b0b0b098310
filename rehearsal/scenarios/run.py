"""One scenario from nothing to nothing: a rehearsal of its own, the play, and the teardown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click

from rehearsal.lifecycle import start, stop
from rehearsal.ramp_records import ended_ramps
from rehearsal.scenarios.catalogue import scenario_named
from rehearsal.scenarios.outcome import Played
from rehearsal.scenarios.report import document, lines
from rehearsal.scenarios.scenario import Scenario
from rehearsal.scenarios.scenario_run import ScenarioRun
from rehearsal.scenarios.scenario_stack import ScenarioStack
from rehearsal.workspace import Workspace

INTERRUPTED = 130


def play_and_tell(
    workspace: Workspace, name: str, like: str, boot_seconds: float, *, wants_json: bool
) -> int:
    """Play a scenario by its name and print what came of it; the exit code.

    Raises:
        BadScenarioError: there is none of that name.
        RehearsalError: it could not be started or prepared; or one runs already.
    """

    def say(text: str) -> None:
        click.echo(text, err=True)

    scenario = scenario_named(name)
    say(f"{scenario.name}: {scenario.sentence}")
    try:
        played = play_alone(workspace, scenario, like, boot_seconds, say)
    except KeyboardInterrupt:
        say("stopped by hand; everything of the rehearsal is gone")
        return INTERRUPTED
    click.echo(json.dumps(document(played), indent=2) if wants_json else "\n".join(lines(played)))
    for page in _reports(workspace, played):
        say(f"  report    {page}")
    return 1 if played.problems else 0


def play_alone(
    workspace: Workspace,
    scenario: Scenario,
    like: str,
    boot_seconds: float,
    say: Callable[[str], None],
) -> Played:
    """Play a scenario on a rehearsal that is there for it alone.

    Raises:
        RehearsalError: it could not be started or prepared; or one runs already.
    """
    lag = scenario.metric_lag_seconds
    started = start(workspace, like, boot_seconds, say, tethered=True, metric_lag_seconds=lag)
    try:
        theatre = ScenarioStack(workspace, started.running, say)
        return ScenarioRun(theatre, workspace.traffic).play(scenario)
    finally:
        say("tearing everything down")
        stop(workspace, force=True)


def _reports(workspace: Workspace, played: Played) -> list[Path]:
    """The page that the ramp has left; none where it could not be made."""
    ramps = {entry.ramp for entry in played.entries}
    pages = ended_ramps(workspace.root).glob("*/report.html")
    return [page for page in pages if page.parent.name in ramps]
