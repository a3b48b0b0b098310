"""A ramp that a gate fails and one that a gate holds, under traffic: one rehearsal for both.

A good ramp, a killed one and a refused one are in `test_ramp`; all scenarios are in the soak.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import pytest

from rehearsal.scenarios.catalogue import PASSES, Expected, Scenario, scenario_named
from rehearsal.scenarios.outcome import ScenarioResult
from rehearsal.scenarios.scenario_run import ScenarioRun
from rehearsal.scenarios.scenario_stack import ScenarioStack
from rollout.ramp_event import CapacityChange
from tests.engine.rehearsed import rehearsed

pytestmark = pytest.mark.engine

RATE_PER_S = 60
FAILS_AT_STAGE_1 = "import json, sys; sys.exit(json.load(sys.stdin)['stage'])"
BRIEF = {
    "stages": [50, 100],
    "bakeSeconds": 1,
    "holdSeconds": 1,
    "watchSeconds": 1,
    "inconclusiveSeconds": 20,
    "guard": {"healthyPolls": 1, "pollSeconds": 1, "waitSeconds": 20},
}


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Generator[ScenarioRun]:
    with rehearsed(tmp_path_factory.mktemp("scenarios"), "prod") as stack:
        scenario_stack = ScenarioStack(stack.workspace, stack.running, lambda _text: None)
        yield ScenarioRun(scenario_stack, tmp_path_factory.mktemp("record"), RATE_PER_S)


def brief(name: str, stage: int, **ramp: object) -> Scenario:
    """A scenario of two stages, to be caught at one of them."""
    scenario = scenario_named(name)
    expected = Expected(scenario.expected.exit_code, (stage, stage), scenario.expected.reason)
    return replace(scenario, ramp={**BRIEF, **ramp}, expected=expected)


def assert_nobody_lost_anything(result: ScenarioResult) -> None:
    assert result.problems == []
    assert result.lost == 0
    assert result.requests > RATE_PER_S * 5


@pytest.mark.long
def test_a_check_that_fails_takes_the_weights_back(scenarios: ScenarioRun) -> None:
    scenario = brief("command", 1)
    gates = {**scenario.gates, "command": {"run": ["python3", "-c", FAILS_AT_STAGE_1]}}

    result = scenarios.run(replace(scenario, gates=gates))

    assert_nobody_lost_anything(result)
    assert "command" in result.reason


@pytest.mark.long
def test_a_ramp_goes_on_while_its_old_slot_scales_out_and_raises_the_new_one_for_it(
    scenarios: ScenarioRun,
) -> None:
    scenario = replace(brief("scale-out", 0), expected=PASSES, gates={"targets": True})

    result = scenarios.run(scenario)

    floors = [e.event.floors for e in result.entries if isinstance(e.event, CapacityChange)]
    assert_nobody_lost_anything(result)
    assert floors == [
        {"portal": {"01": 2, "02": 2}, "web": {"01": 3, "02": 3}},
        {"portal": {"01": 5, "02": 5}, "web": {"01": 6, "02": 6}},
        {},
    ]


@pytest.mark.long
def test_a_gate_that_cannot_tell_holds_and_takes_the_weights_back_at_its_deadline(
    scenarios: ScenarioRun,
) -> None:
    result = scenarios.run(brief("cloudwatch-silent", 1, inconclusiveSeconds=5))

    assert_nobody_lost_anything(result)
    assert "still not sure 5 s after its time" in result.reason
