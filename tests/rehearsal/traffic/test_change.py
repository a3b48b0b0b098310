from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.traffic.change import ChangeInterval, moment_of_change

shares = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])
seeds = st.integers(0, 2**32)


def drawn(
    seed: int, before: float, after: float, at: int, number: int = 1500
) -> list[tuple[float, bool]]:
    """One request a second, each drawn by itself; from `at` on by the other share."""
    draw = random.Random(seed)
    return [(float(k), draw.random() < (before if k < at else after)) for k in range(number)]


# So many answers before and after that even 10 % and 25 % are seven deviations apart.
@given(seeds, shares, shares, st.integers(1500, 2500))
def test_the_moment_is_near_the_change(seed: int, before: float, after: float, at: int) -> None:
    moment = moment_of_change(drawn(seed, before, after, at, 4000), before, after)

    if before == after:
        assert moment is None
        return
    assert moment is not None
    assert moment.earliest_s < moment.latest_s
    assert moment.earliest_s - 250 < at < moment.latest_s + 250


@given(seeds, st.integers(300, 1200), st.sampled_from([0.1, 0.5, 1.0]))
def test_the_first_request_on_an_idle_slot_marks_the_latest_moment(
    seed: int, at: int, after: float
) -> None:
    answers = drawn(seed, 0.0, after, at)

    moment = moment_of_change(answers, 0.0, after)

    assert moment is not None
    assert moment.latest_s == next(when for when, is_on_it in answers if is_on_it)


@given(seeds, st.integers(300, 1200), st.sampled_from([0.0, 0.5, 0.75]))
def test_the_last_request_on_a_slot_that_becomes_idle_marks_the_earliest_moment(
    seed: int, at: int, before: float
) -> None:
    answers = drawn(seed, before, 1.0, at)

    moment = moment_of_change(answers, before, 1.0)

    assert moment is not None
    assert moment.earliest_s == max(when for when, is_on_it in answers if not is_on_it)


@given(seeds, st.sampled_from([(0.1, 0.25), (0.5, 0.75), (0.0, 0.1), (0.25, 0.0)]))
def test_answers_that_keep_to_the_old_split_show_no_change(
    seed: int, change: tuple[float, float]
) -> None:
    before, after = change

    assert moment_of_change(drawn(seed, before, after, 1500), before, after) is None


@pytest.mark.parametrize("answers", [[], [(1.0, True)]])
def test_too_few_answers_show_no_change(answers: list[tuple[float, bool]]) -> None:
    assert moment_of_change(answers, 0.0, 0.5) is None


def test_one_request_beside_the_order_rules_nothing_out() -> None:
    answers = [(float(k), k >= 100) for k in range(200)]
    answers[100:102] = [(100.0, False), (101.0, True)]
    answers[99] = (99.0, True)

    moment = moment_of_change(answers, 0.0, 1.0)

    assert moment == ChangeInterval(98.0, 101.0)
