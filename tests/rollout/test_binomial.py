from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.binomial import Bound, Counts, binomial_bound, excluded_rate

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


totals = st.integers(1, 10_000)
judged_counts = totals.flatmap(lambda n: st.builds(Counts, st.integers(0, n), st.just(n)))


def tail(bad: int, total: int, rate: float) -> float:
    """P(at most `bad` of `total`), summed term by term."""
    return sum(math.comb(total, k) * rate**k * (1 - rate) ** (total - k) for k in range(bad + 1))


@given(totals)
def test_no_failure_excludes_what_the_rule_of_three_says(total: int) -> None:
    assert excluded_rate(Counts(0, total)) <= 3 / total


@given(st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n))))
def test_at_the_excluded_rate_so_few_failures_have_a_chance_of_five_percent(
    case: tuple[int, int],
) -> None:
    bad, total = case

    rate = excluded_rate(Counts(bad, total))

    assert tail(bad, total, rate) == pytest.approx(0.05, rel=1e-6)


@given(judged_counts)
def test_the_excluded_rate_is_never_below_the_one_that_was_seen(seen: Counts) -> None:
    assert seen.rate <= excluded_rate(seen) <= 1


@given(judged_counts)
def test_more_good_requests_exclude_more(seen: Counts) -> None:
    more = seen + Counts(0, seen.total)

    assert excluded_rate(more) < excluded_rate(seen) or seen.bad == seen.total


def test_nothing_seen_excludes_nothing() -> None:
    assert excluded_rate(Counts()) == 1.0


@pytest.mark.parametrize(("bad", "total"), [(1, 0), (-1, 5)])
def test_a_count_that_cannot_be_is_refused(bad: int, total: int) -> None:
    with pytest.raises(ValueError, match="is not a count"):
        Counts(bad, total)
