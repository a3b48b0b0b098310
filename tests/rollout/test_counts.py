from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.counts import Counts, excluded_rate

totals = st.integers(1, 10_000)
counts = totals.flatmap(lambda n: st.builds(Counts, st.integers(0, n), st.just(n)))


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


@given(counts)
def test_the_excluded_rate_is_never_below_the_one_that_was_seen(seen: Counts) -> None:
    assert seen.rate <= excluded_rate(seen) <= 1


@given(counts)
def test_more_good_requests_exclude_more(seen: Counts) -> None:
    more = seen + Counts(0, seen.total)

    assert excluded_rate(more) < excluded_rate(seen) or seen.bad == seen.total


def test_nothing_seen_excludes_nothing() -> None:
    assert excluded_rate(Counts()) == 1.0


@pytest.mark.parametrize(("bad", "total"), [(1, 0), (-1, 5)])
def test_a_count_that_cannot_be_is_refused(bad: int, total: int) -> None:
    with pytest.raises(ValueError, match="is not a count"):
        Counts(bad, total)
