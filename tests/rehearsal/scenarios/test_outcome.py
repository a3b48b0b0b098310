from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rehearsal.errors import BadScenarioError
from rehearsal.scenarios.catalogue import CATALOGUE, Expected, Scenario, scenario_named
from rehearsal.scenarios.fault import ScenarioFault
from rehearsal.scenarios.outcome import ScenarioResult
from rehearsal.scenarios.scenario_run import document, is_due, lines
from rollout.entry import Entry, Json
from rollout.ramp_event import (
    GateVerdict,
    RampEnd,
    RampEvent,
    RollbackEnd,
    RollbackStart,
    SplitReadBack,
)
from rollout.split import Split
from tests.rehearsal.traffic.answers import answer, failed
from tests.rollout.journal_lines import entry

BAD = Scenario("bad", "it breaks", Expected(1, (1, 1), "probe"))
START, TARGET = Split.parse("100/0"), Split.parse("0/100")


def told(second: float, kind: type[RampEvent], **facts: Json) -> Entry:
    return entry(datetime.fromtimestamp(second, UTC), "r", kind, facts)


VERIFIED = told(10, SplitReadBack, stage=1, splits={"web": "90/10"})
BACK = told(14, RollbackStart, why="probe: slot 02 lost 3", to="100/0")
IS_BACK = told(18, RollbackEnd, to="100/0", seconds=4.0)
OVER = told(20, RampEnd, outcome="rolled back", exit=1)
CAUGHT = ScenarioResult(
    scenario=BAD,
    entries=[VERIFIED, BACK, IS_BACK, OVER],
    answers=[answer(11, "02"), failed(12), answer(16, "02"), answer(17, "01")],
    exit_code=1,
    words="rolled back",
    seconds=20.0,
    faulted_s=None,
    live=frozenset([START]),
)


def test_a_fault_that_was_caught_in_its_stage_is_as_it_should_be() -> None:
    assert CAUGHT.problems == []
    assert (CAUGHT.caught_stage, CAUGHT.lost, CAUGHT.requests) == (1, 1, 4)


def test_the_way_back_is_over_with_the_last_request_of_the_candidate() -> None:
    assert CAUGHT.seconds_from_first_lost == pytest.approx(4.0)
    assert CAUGHT.seconds_to_verdict == pytest.approx(2.0)


def test_a_fault_that_was_caused_counts_from_its_cause() -> None:
    faulted = replace(CAUGHT, faulted_s=11.5)

    assert faulted.seconds_from_fault == pytest.approx(4.5)
    assert faulted.seconds_from_first_lost == pytest.approx(4.0)


def test_a_dead_candidate_is_met_until_the_last_request_that_fails() -> None:
    dead = replace(CAUGHT, answers=[answer(11, "02"), failed(12), failed(17)])

    assert dead.seconds_from_first_lost == pytest.approx(5.0)


def test_a_download_that_was_cut_does_not_show_when_it_began_to_go_wrong() -> None:
    cut = replace(failed(2), mode="long")

    assert replace(CAUGHT, answers=[cut, *CAUGHT.answers]).seconds_from_first_lost == (
        CAUGHT.seconds_from_first_lost
    )


def test_a_fault_that_costs_no_request_counts_from_the_fault_alone() -> None:
    quiet = replace(CAUGHT, faulted_s=11.5, answers=[answer(11, "02"), answer(16, "02")])

    assert quiet.seconds_from_first_lost is None
    assert quiet.seconds_from_fault == pytest.approx(4.5)
    assert quiet.seconds_to_verdict == pytest.approx(2.5)


def test_without_a_lost_request_or_a_fault_there_is_no_way_to_measure() -> None:
    calm = replace(CAUGHT, answers=[answer(11, "02")])

    assert (calm.seconds_from_first_lost, calm.seconds_to_verdict) == (None, None)


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (replace(CAUGHT, exit_code=3), "exit 3, not 1: rolled back"),
        (replace(CAUGHT, entries=[BACK, IS_BACK, OVER]), "caught at stage 0, not at 1 to 1"),
        (
            replace(CAUGHT, entries=[VERIFIED, BACK, IS_BACK]),
            "exit 1 and no end in its journal: rolled back",
        ),
        (replace(CAUGHT, live=frozenset([START, TARGET])), "ended at 0/100, 100/0, not at 100/0"),
        (
            replace(CAUGHT, scenario=replace(BAD, expected=Expected(1, (1, 1), "smoke"))),
            "not because of smoke: probe: slot 02 lost 3",
        ),
    ],
)
def test_any_other_end_is_a_problem(result: ScenarioResult, problem: str) -> None:
    assert any(problem in each for each in result.problems)
    assert any(problem in line for line in lines(result))


def test_a_lost_request_is_a_problem_where_nothing_harms_the_traffic() -> None:
    harmless = replace(BAD, harms_traffic=False)

    assert replace(CAUGHT, scenario=harmless).problems == [
        "1 of 4 requests were lost, of which none may be: 1 web slot unknown kept "
        "unexpected_status 502; 2.0 s to 2.0 s after the ramp began"
    ]
    assert replace(CAUGHT, scenario=replace(harmless, stable_build="dips")).problems == []


def test_a_ramp_that_should_pass_ends_at_its_target_whatever_held_it() -> None:
    held = told(
        12,
        GateVerdict,
        stage=1,
        gate="probe",
        outcome="inconclusive",
        reason="both lost",
        numbers={},
        window=None,
    )
    good = Scenario("dip", "both dip", Expected(0, (0, 0), "both lost"))

    result = replace(
        CAUGHT, scenario=good, entries=[VERIFIED, held, OVER], exit_code=0, live=frozenset([TARGET])
    )

    assert result.problems == []
    assert document(result)["caughtAtStage"] is None


def test_a_fault_happens_once_every_service_has_the_weight() -> None:
    scenario = replace(BAD, fault=ScenarioFault(50, lambda _trouble: None))

    def is_due_at(*splits: str) -> bool:
        facts: dict[str, Json] = {f"s{n}": split for n, split in enumerate(splits)}
        return is_due(scenario, told(1, SplitReadBack, stage=1, splits=facts))

    assert [is_due_at("75/25"), is_due_at("50/50", "75/25"), is_due_at("25/75")] == [
        False,
        False,
        True,
    ]


def test_the_scenarios_have_names_of_their_own_and_a_wrong_one_names_them() -> None:
    names = [scenario.name for scenario in CATALOGUE]

    assert len(set(names)) == len(names) >= 16
    with pytest.raises(BadScenarioError, match="dies-at-50"):
        scenario_named("no-such")
