from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.binomial import Counts
from rollout.sequential_test import (
    MAX_BEGINNINGS,
    RateAboveLimit,
    RateAboveStable,
    SequentialTest,
    above_limit,
    above_stable,
)

ALARM = math.log(500)
PER_SECOND = 20

limits = st.floats(1e-4, 0.2)


def binomial(chance: random.Random, total: int, rate: float) -> Counts:
    return Counts(sum(chance.random() < rate for _ in range(total)), total)


def weight(bad: int, total: int, rate: float) -> float:
    return math.comb(total, bad) * rate**bad * (1 - rate) ** (total - bad)


@given(limits, st.floats(0, 1), st.floats(1.5, 50), st.integers(1, 12))
def test_a_bet_on_a_high_rate_gains_nothing_on_average_below_the_limit(
    limit: float, part: float, times: float, total: int
) -> None:
    alternative = RateAboveLimit(limit, min(limit * times, 0.99))
    true_rate = limit * part

    mean = sum(
        weight(bad, total, true_rate) * math.exp(alternative.log_gain(Counts(bad, total), Counts()))
        for bad in range(total + 1)
    )

    assert mean <= 1 + 1e-9


@given(st.floats(0, 1), st.floats(1.5, 1000), st.integers(1, 8), st.integers(1, 8))
def test_a_bet_on_the_worse_slot_gains_nothing_on_average_while_both_are_alike(
    rate: float, ratio: float, ours: int, theirs: int
) -> None:
    alternative = RateAboveStable(1.0, ratio)

    mean = sum(
        weight(bad, ours, rate)
        * weight(others, theirs, rate)
        * math.exp(alternative.log_gain(Counts(bad, ours), Counts(others, theirs)))
        for bad, others in product(range(ours + 1), range(theirs + 1))
    )

    assert mean <= 1 + 1e-9


def seconds(
    chance: random.Random, candidate: float, stable: float, count: int
) -> Iterator[tuple[Counts, Counts]]:
    for _ in range(count):
        yield (
            binomial(chance, PER_SECOND, candidate),
            binomial(chance, PER_SECOND, stable),
        )


def caught_after(batches: Iterator[tuple[Counts, Counts]], limit: float) -> int | None:
    """The second at which both tests alarm, looked at every second."""
    failing, differing = above_limit(limit), above_stable()
    for number, (candidate, stable) in enumerate(batches, start=1):
        failing.add(candidate, stable)
        differing.add(candidate, stable)
        if failing.log_evidence >= ALARM and differing.log_evidence >= math.log(20):
            return number
    return None


def test_a_background_of_errors_below_the_limit_stops_no_ramp_in_two_hundred() -> None:
    chance = random.Random(8)

    alarms = [caught_after(seconds(chance, 0.0005, 0.0005, 120), limit=0.001) for _ in range(200)]

    assert alarms == [None] * 200


def test_two_percent_of_errors_are_caught_in_seconds() -> None:
    chance = random.Random(8)

    found = [caught_after(seconds(chance, 0.02, 0.0005, 120), limit=0.001) for _ in range(40)]

    times = sorted(120 if each is None else each for each in found)
    assert times[20] <= 20
    assert times[-2] <= 60


def test_a_slot_that_dies_is_caught_within_two_seconds_after_an_hour_of_health() -> None:
    failing, differing = above_limit(0.001), above_stable()
    well, dead = Counts(0, PER_SECOND), Counts(PER_SECOND, PER_SECOND)
    for _ in range(3600):
        failing.add(well, well)
        differing.add(well, well)

    for _ in range(2):
        failing.add(dead, well)
        differing.add(dead, well)

    assert failing.log_evidence > ALARM
    assert differing.log_evidence > ALARM


def test_a_dip_of_both_slots_is_no_evidence_that_one_is_worse() -> None:
    chance = random.Random(8)
    differing = [above_stable() for _ in range(100)]

    for each in differing:
        for candidate, stable in seconds(chance, 0.4, 0.4, 40):
            each.add(candidate, stable)

    assert sum(each.log_evidence >= math.log(20) for each in differing) == 0


def test_the_memory_of_a_test_does_not_grow_with_the_bake() -> None:
    test = SequentialTest([RateAboveLimit(0.01, 0.1)], batches_between=1)

    for _ in range(10 * MAX_BEGINNINGS):
        test.add(Counts(0, 1), Counts())

    assert len(test._beginnings) == MAX_BEGINNINGS  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("slot_without_requests", ["candidate", "stable"])
def test_nothing_is_said_of_the_worse_slot_while_one_has_no_requests(
    slot_without_requests: str,
) -> None:
    failing, silent = Counts(5, 5), Counts()
    pair = (silent, failing) if slot_without_requests == "candidate" else (failing, silent)

    assert RateAboveStable(1.0, 10.0).log_gain(*pair) == 0.0
