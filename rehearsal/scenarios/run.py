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
from rehearsal.scenarios.outcome import Played
from rehearsal.scenarios.scenario import Scenario
from rehearsal.scenarios.scenario_run import ScenarioRun
from rehearsal.scenarios.scenario_stack import ScenarioStack
from rehearsal.workspace import Workspace, ended_ramps


def listed(scenarios: tuple[Scenario, ...]) -> Iterator[str]:
    """One line a scenario: its name and its sentence."""
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        yield f"{scenario.name:<{width}}  {scenario.sentence}"


def lines(played: Played) -> Iterator[str]:
    """What came of it, and each way in which it was not what it should be."""
    verdict = "not as it should be" if played.problems else "as it should be"
    yield f"{played.scenario.name}: {ending(played)}; {verdict}"
    if played.reason:
        yield f"  because   {played.reason}"
    yield f"  requests  {played.requests:,}, {played.lost:,} lost"
    if (seconds := played.seconds_from_first_lost) is not None:
        yield f"  back      {seconds:.1f} s after the first lost request all was as before"
    elif (seconds := played.seconds_from_fault) is not None:
        yield f"  back      {seconds:.1f} s after the fault all was as before"
    if played.lost_straight is not None:
        yield f"  straight  {played.lost_straight:,} lost by 0/100 at once, undone after 10 s"
    for problem in played.problems:
        yield f"  problem   {problem}"


def ending(played: Played) -> str:
    """`exit 1, caught at stage 2 (25 %), 34 s in all`."""
    how = "done" if played.exit_code == 0 else f"exit {played.exit_code}, {caught(played)}"
    return f"{how}, {played.seconds:.0f} s in all"


def caught(played: Played) -> str:
    """The stage at which it was caught."""
    return f"caught at stage {played.caught_stage}" if played.caught_stage else "caught at weight 0"


def document(played: Played) -> dict[str, Any]:
    """The whole as JSON can hold it. Fields may be added within a version."""
    return {
        "version": 1,
        "scenario": played.scenario.name,
        "ok": not played.problems,
        "problems": played.problems,
        "exit": played.exit_code,
        "caughtAtStage": played.caught_stage if played.scenario.expected.exit_code else None,
        "because": played.reason,
        "seconds": round(played.seconds, 1),
        "secondsToVerdict": _rounded(played.seconds_to_verdict),
        "secondsFromFirstLost": _rounded(played.seconds_from_first_lost),
        "secondsFromFault": _rounded(played.seconds_from_fault),
        "requests": played.requests,
        "lost": played.lost,
        "lostStraight": played.lost_straight,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


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
