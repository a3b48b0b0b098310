from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.binomial import Counts
from rollout.slot_comparison import CLEAR_BATCHES, Blame, SlotComparison

WELL = Counts(0, 20)
DOWN = Counts(20, 20)
LIMIT = 0.001


def fed(*batches: tuple[Counts, Counts]) -> SlotComparison:
    comparison = SlotComparison(LIMIT)
    for candidate, stable in batches:
        comparison.add(candidate, stable)
    return comparison


def test_a_comparison_without_a_failure_is_clean() -> None:
    assert fed(*[(WELL, WELL)] * 30).blame is Blame.CLEAN


def test_a_candidate_that_fails_alone_is_worse_within_three_seconds() -> None:
    assert fed(*[(DOWN, WELL)] * 3).blame is Blame.WORSE


@given(st.integers(1, 200))
def test_one_lost_request_of_thousands_condemns_nobody(at: int) -> None:
    batches = [(WELL, WELL)] * 200
    batches[at - 1] = (Counts(1, 20), WELL)

    assert fed(*batches).blame is Blame.CLEAN


@pytest.mark.parametrize("seconds_apart", [0, 1])
def test_a_dip_that_both_slots_share_is_never_blamed_on_the_candidate(seconds_apart: int) -> None:
    comparison = fed(*[(WELL, WELL)] * 20, *[(DOWN, WELL)] * seconds_apart)
    seen = {comparison.blame}
    for _ in range(30):
        comparison.add(DOWN, DOWN)
        seen.add(comparison.blame)

    assert Blame.WORSE not in seen
    assert comparison.blame is Blame.SHARED


def test_a_shared_dip_that_is_over_is_forgotten() -> None:
    comparison = fed(*[(DOWN, DOWN)] * 5)

    for _ in range(CLEAR_BATCHES):
        comparison.add(WELL, WELL)

    assert comparison.blame is Blame.CLEAN


def test_seconds_without_answers_do_not_end_a_dip() -> None:
    comparison = fed(*[(DOWN, DOWN)] * 5)

    for _ in range(CLEAR_BATCHES * 2):
        comparison.add(Counts(), Counts())

    assert comparison.blame is Blame.SHARED


def test_a_candidate_that_goes_on_failing_after_a_shared_dip_is_worse() -> None:
    comparison = fed(*[(DOWN, DOWN)] * 5, *[(WELL, WELL)] * CLEAR_BATCHES)

    for _ in range(3):
        comparison.add(DOWN, WELL)

    assert comparison.blame is Blame.WORSE


def test_a_stable_slot_that_fails_alone_is_named_as_such() -> None:
    assert fed(*[(WELL, DOWN)] * 3).blame is Blame.STABLE


def test_twenty_ramps_of_two_services_with_a_background_on_both_slots_are_never_worse() -> None:
    chance = random.Random(20)

    def second() -> Counts:
        return Counts(sum(chance.random() < 0.0005 for _ in range(20)), 20)

    comparisons = [SlotComparison(LIMIT) for _ in range(40)]
    for comparison in comparisons:
        for _ in range(120):
            comparison.add(second(), second())

    assert {comparison.blame for comparison in comparisons} == {Blame.CLEAN}
