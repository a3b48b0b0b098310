"""Plays a scenario: one ramp under constant traffic, with what goes wrong in it.

Run alone, a scenario has a rehearsal of its own, from nothing to nothing, and its result is printed
as text or as data.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from rehearsal.lifecycle import start, stop
from rehearsal.ramp import ramp_process
from rehearsal.scenarios.catalogue import Scenario, scenario_named
from rehearsal.scenarios.fault import FaultContext
from rehearsal.scenarios.outcome import ScenarioResult
from rehearsal.scenarios.scenario_stack import START, ScenarioStack
from rehearsal.traffic.run import RATE_PER_S, TrafficRun
from rehearsal.workspace import Workspace, ended_ramps
from rollout.entry import Entry
from rollout.ramp_event import BakeStart, RollbackStart, SplitReadBack
from rollout.split import Slot, Split

CLEAN_SECONDS = 1.0
"""Of traffic before the ramp begins."""
STRAIGHT_SECONDS = 10.0
"""For which a release that was put straight to 0/100 stays there: a quick eye and a quick hand."""
RETRY_SECONDS = 60.0
INTERRUPTED = 130


class ScenarioRun:
    """Runs scenarios on one rehearsal.

    Args:
        stack: The rehearsal.
        folder: Where the record of the traffic goes; of the last run alone.
        rate_per_s: Requests of the independent traffic.
        options: More of the options of `failover ramp`.
    """

    def __init__(
        self,
        stack: ScenarioStack,
        folder: Path,
        rate_per_s: int = RATE_PER_S,
        options: tuple[str, ...] = ("--to", "02", "--anew"),
    ) -> None:
        self._stack = stack
        self._folder = folder
        self._rate_per_s = rate_per_s
        self._options = options

    def run(self, scenario: Scenario, *, compare: bool = False) -> ScenarioResult:
        """The whole scenario; `compare` also puts the release straight to 0/100 afterwards.

        Raises:
            RehearsalError: the stack could not be prepared, or the traffic ended.
        """
        stack = self._stack
        context = stack.prepare(scenario)
        with self._traffic(scenario) as traffic:
            result = self._ramped(scenario, context, traffic)
        context.resume()
        if not compare or not scenario.harms_traffic or result.live != frozenset([START]):
            return result
        stack.settle(scenario)
        return dataclasses.replace(result, lost_straight=self._straight(scenario, context))

    def _straight(self, scenario: Scenario, context: FaultContext) -> int:
        """Requests lost when a person in the console gives the release everything at once.

        It stays so for `STRAIGHT_SECONDS`.
        """
        self._stack.say(f"{scenario.name}: straight to 0/100")
        with self._traffic(scenario) as traffic:
            context.change_weights(Split(0, 100))
            if scenario.fault is not None:
                scenario.fault.cause(context)
            _await(traffic, time.time() + STRAIGHT_SECONDS)
            context.change_weights(START)
            _await(traffic, time.time() + CLEAN_SECONDS)
            lost = traffic.counts()[1]
        context.resume()
        return lost

    def _traffic(self, scenario: Scenario) -> _Running:
        return _Running(self._stack, self._folder, self._rate_per_s, scenario.asked_too)

    def _ramped(
        self, scenario: Scenario, context: FaultContext, traffic: TrafficRun
    ) -> ScenarioResult:
        stack, began_s = self._stack, time.time()
        _await(traffic, began_s + CLEAN_SECONDS)
        faulted: float | None = None
        entries: list[Entry] = []
        with ramp_process(stack.workspace.root, stack.env, self._options) as ramp:
            started = time.monotonic()
            for entry in ramp.entries():
                entries.append(entry)
                _show(entry, scenario, stack.say)
                if faulted is None and is_due(scenario, entry):
                    assert scenario.fault is not None
                    faulted = traffic.mark(f"fault of {scenario.name}")
                    scenario.fault.cause(context)
            code = ramp.wait()
            seconds = time.monotonic() - started
            words = ramp.last_words
        context.aws.lift()
        _await(traffic, time.time() + CLEAN_SECONDS)
        return ScenarioResult(
            scenario=scenario,
            entries=entries,
            answers=traffic.since(began_s),
            exit_code=code,
            words=words,
            seconds=seconds,
            faulted_s=faulted,
            live=frozenset(stack.live()),
        )


def is_due(scenario: Scenario, entry: Entry) -> bool:
    """Whether the fault of a scenario happens at this entry of the ramp."""
    if scenario.fault is None:
        return False
    if scenario.fault.at_weight == 0:
        return isinstance(entry.event, BakeStart)
    if not isinstance(entry.event, SplitReadBack):
        return False
    weights = [split.weight_of(Slot.SECOND) for split in entry.event.splits.values()]
    return min(weights) >= scenario.fault.at_weight


def _show(entry: Entry, scenario: Scenario, say: Callable[[str], None]) -> None:
    match entry.event:
        case SplitReadBack(stage=stage):
            say(f"{scenario.name}: stage {stage} is live")
        case RollbackStart(to=to, why=why):
            say(f"{scenario.name}: back to {to}: {why}")
        case _:
            pass


def _await(traffic: TrafficRun, until_s: float) -> None:
    """Let the traffic run until requests of that moment have ended."""
    traffic.wait_until(lambda: bool(traffic.since(until_s)), RETRY_SECONDS)


class _Running:
    """Traffic to every service for as long as the block runs."""

    def __init__(
        self, stack: ScenarioStack, folder: Path, rate_per_s: int, paths: tuple[str, ...]
    ) -> None:
        self._stack = stack
        self._paths = paths
        self._traffic = TrafficRun(folder, rate_per_s)

    def __enter__(self) -> TrafficRun:
        urls = self._stack.engine.outputs()["urls"]
        self._traffic.start(self._stack.address, urls, self._paths)
        return self._traffic

    def __exit__(self, *_: object) -> None:
        self._traffic.abandon()


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


def _reports(workspace: Workspace, result: ScenarioResult) -> list[Path]:
    """The page that the ramp has left; none where it could not be made."""
    ramps = {entry.ramp for entry in result.entries}
    pages = ended_ramps(workspace.root).glob("*/report.html")
    return [page for page in pages if page.parent.name in ramps]
