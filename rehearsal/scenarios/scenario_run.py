"""Plays a scenario: one ramp under constant traffic, with what goes wrong in it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from rehearsal.ramp import ramp_process
from rehearsal.scenarios.fault import Trouble
from rehearsal.scenarios.outcome import Played
from rehearsal.scenarios.scenario import Scenario
from rehearsal.scenarios.scenario_stack import START, ScenarioStack
from rehearsal.traffic.run import RATE_PER_S, TrafficRun
from rollout.entry import Entry
from rollout.ramp_event import BakeStart, RollbackStart, SplitReadBack
from rollout.split import Slot, Split

CLEAN_SECONDS = 1.0
"""Of traffic before the ramp begins."""
STRAIGHT_SECONDS = 10.0
"""For which a release that was put straight to 0/100 stays there: a quick eye and a quick hand."""
RETRY_SECONDS = 60.0


class ScenarioRun:
    """Plays scenarios on one rehearsal.

    Args:
        theatre: The rehearsal.
        folder: Where the record of the traffic goes; of the last play alone.
        rate_per_s: Requests of the independent traffic.
        options: More of the options of `failover ramp`.
    """

    def __init__(
        self,
        theatre: ScenarioStack,
        folder: Path,
        rate_per_s: int = RATE_PER_S,
        options: tuple[str, ...] = ("--to", "02", "--anew"),
    ) -> None:
        self._theatre = theatre
        self._folder = folder
        self._rate_per_s = rate_per_s
        self._options = options

    def play(self, scenario: Scenario, *, compare: bool = False) -> Played:
        """The whole scenario; `compare` also puts the release straight to 0/100 afterwards.

        Raises:
            RehearsalError: the stack could not be prepared, or the traffic ended.
        """
        theatre = self._theatre
        trouble = theatre.prepare(scenario)
        with self._traffic(scenario) as traffic:
            played = self._ramped(scenario, trouble, traffic)
        trouble.resume()
        if not compare or not scenario.harms_traffic or played.live != frozenset([START]):
            return played
        theatre.settle(scenario)
        return dataclasses.replace(played, lost_straight=self._straight(scenario, trouble))

    def _straight(self, scenario: Scenario, trouble: Trouble) -> int:
        """Requests lost when a person in the console gives the release everything at once.

        It stays so for `STRAIGHT_SECONDS`.
        """
        self._theatre.say(f"{scenario.name}: straight to 0/100")
        with self._traffic(scenario) as traffic:
            trouble.change_weights(Split(0, 100))
            if scenario.fault is not None:
                scenario.fault.cause(trouble)
            _await(traffic, time.time() + STRAIGHT_SECONDS)
            trouble.change_weights(START)
            _await(traffic, time.time() + CLEAN_SECONDS)
            lost = traffic.counts()[1]
        trouble.resume()
        return lost

    def _traffic(self, scenario: Scenario) -> _Running:
        return _Running(self._theatre, self._folder, self._rate_per_s, scenario.asked_too)

    def _ramped(self, scenario: Scenario, trouble: Trouble, traffic: TrafficRun) -> Played:
        theatre, began_s = self._theatre, time.time()
        _await(traffic, began_s + CLEAN_SECONDS)
        faulted: float | None = None
        entries: list[Entry] = []
        with ramp_process(theatre.workspace.root, theatre.env, self._options) as ramp:
            started = time.monotonic()
            for entry in ramp.entries():
                entries.append(entry)
                _show(entry, scenario, theatre.say)
                if faulted is None and is_due(scenario, entry):
                    assert scenario.fault is not None
                    faulted = traffic.mark(f"fault of {scenario.name}")
                    scenario.fault.cause(trouble)
            code = ramp.wait()
            seconds = time.monotonic() - started
            words = ramp.last_words
        trouble.aws.lift()
        _await(traffic, time.time() + CLEAN_SECONDS)
        return Played(
            scenario=scenario,
            entries=entries,
            answers=traffic.since(began_s),
            exit_code=code,
            words=words,
            seconds=seconds,
            faulted_s=faulted,
            live=frozenset(theatre.live()),
        )


def is_due(scenario: Scenario, entry: Entry) -> bool:
    """Whether the fault of a scenario happens when the ramp tells this."""
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
        self, theatre: ScenarioStack, folder: Path, rate_per_s: int, paths: tuple[str, ...]
    ) -> None:
        self._theatre = theatre
        self._paths = paths
        self._traffic = TrafficRun(folder, rate_per_s)

    def __enter__(self) -> TrafficRun:
        urls = self._theatre.engine.outputs()["urls"]
        self._traffic.start(self._theatre.address, urls, self._paths)
        return self._traffic

    def __exit__(self, *_: object) -> None:
        self._traffic.abandon()
