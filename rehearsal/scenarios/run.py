"""One scenario from nothing to nothing: a rehearsal of its own, the play, and the teardown."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.lifecycle import start, stop
from rehearsal.scenarios.outcome import Played
from rehearsal.scenarios.play import Play
from rehearsal.scenarios.scenario import Scenario
from rehearsal.scenarios.theatre import Theatre
from rehearsal.workspace import Workspace


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
        theatre = Theatre(workspace, started.running, say)
        return Play(theatre, workspace.traffic).play(scenario)
    finally:
        say("tearing everything down")
        stop(workspace, force=True)
