from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.binomial import Bound, binomial_bound

confidences = st.sampled_from([0.9, 0.95, 0.999, 0.9999])


@st.composite
def counts(draw: st.DrawFn, most: int = 400) -> tuple[int, int]:
    whole = draw(st.integers(1, most))
    return draw(st.integers(0, whole)), whole


def at_least(part: int, whole: int, share: float) -> float:
    """A reference: the tail summed term by term."""
    terms = (
        math.comb(whole, k) * share**k * (1 - share) ** (whole - k) for k in range(part, whole + 1)
    )
    return math.fsum(terms)


@given(counts(), confidences)
def test_the_counted_share_is_within_its_own_bound(count: tuple[int, int], sure: float) -> None:
    part, whole = count

    bound = binomial_bound(part, whole, sure)

    assert 0 <= bound.low <= part / whole <= bound.high <= 1


@given(counts(), confidences)
def test_at_the_edges_the_count_is_as_unlikely_as_the_confidence_says(
    count: tuple[int, int], sure: float
) -> None:
    part, whole = count
    tail = (1 - sure) / 2

    bound = binomial_bound(part, whole, sure)

    if part > 0:
        assert at_least(part, whole, bound.low) == pytest.approx(tail, rel=1e-6)
    if part < whole:
        assert 1 - at_least(part + 1, whole, bound.high) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (10, 10, 0.6915, 1.0),
        (5, 10, 0.1871, 0.8129),
        (75, 100, 0.6534, 0.8312),
    ],
)
def test_the_bound_is_clopper_and_pearsons(part: int, whole: int, low: float, high: float) -> None:
    bound = binomial_bound(part, whole, 0.95)

    assert (bound.low, bound.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(counts(), confidences)
def test_the_bound_of_what_is_missing_is_the_mirror_image(
    count: tuple[int, int], sure: float
) -> None:
    part, whole = count

    bound, mirrored = binomial_bound(part, whole, sure), binomial_bound(whole - part, whole, sure)

    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((bound.low, bound.high))


@given(counts())
def test_more_confidence_never_narrows_it(count: tuple[int, int]) -> None:
    narrow, wide = binomial_bound(*count, 0.95), binomial_bound(*count, 0.9999)

    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


@given(st.integers(1, 100_000), confidences)
def test_one_request_on_a_slot_without_weight_rules_weight_0_out(whole: int, sure: float) -> None:
    assert 0.0 in binomial_bound(0, whole, sure)
    assert 1.0 in binomial_bound(whole, whole, sure)
    assert 0.0 not in binomial_bound(1, whole, sure)


@given(st.integers(0, 2**32), st.sampled_from([0.1, 0.25, 0.5, 0.75]))
def test_draws_at_the_share_that_was_set_are_within_the_bound(seed: int, share: float) -> None:
    draw = random.Random(seed)
    part = sum(draw.random() < share for _ in range(500))

    assert share in binomial_bound(part, 500, 0.9999999)


def test_a_wrong_split_is_outside_after_a_thousand_requests() -> None:
    assert 0.25 not in binomial_bound(100, 1000, 0.9999)
    assert 0.25 in binomial_bound(265, 1000, 0.9999)
    assert 0.5 not in binomial_bound(250_000, 1_000_000, 0.9999)


def test_nothing_speaks_for_everything() -> None:
    assert binomial_bound(0, 0, 0.95) == Bound(0.0, 1.0)


@pytest.mark.parametrize(("part", "whole", "sure"), [(-1, 5, 0.9), (6, 5, 0.9), (1, 5, 1.0)])
def test_an_impossible_count_is_refused(part: int, whole: int, sure: float) -> None:
    with pytest.raises(ValueError, match=str(whole)):
        binomial_bound(part, whole, sure)
