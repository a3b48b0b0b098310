from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.summary.tally import ACCURACY, SMALLEST, Sketch

values = st.lists(st.floats(SMALLEST, 1e6), min_size=1, max_size=200)


def sketch_of(numbers: list[float]) -> Sketch:
    sketch = Sketch()
    for number in numbers:
        sketch.add(number)
    return sketch


@given(values, st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]))
def test_a_percentile_is_right_to_the_promised_share(numbers: list[float], share: float) -> None:
    exact = sorted(numbers)[max(0, math.ceil(share * len(numbers) - 1e-9) - 1)]

    assert sketch_of(numbers).quantile(share) == pytest.approx(exact, rel=ACCURACY * 1.001)


@given(values, values)
def test_merged_sketches_say_what_one_sketch_of_everything_says(
    first: list[float], second: list[float]
) -> None:
    merged = sketch_of(first)
    merged.merge(sketch_of(second))

    assert merged.percentiles() == sketch_of(first + second).percentiles()
    assert merged.count == len(first) + len(second)


@given(values)
def test_no_percentile_is_above_the_maximum_which_is_exact(numbers: list[float]) -> None:
    sketch = sketch_of(numbers)

    assert sketch.maximum == max(numbers)
    assert all((value or 0.0) <= sketch.maximum for value in sketch.percentiles().values())


def test_a_zero_latency_counts_as_the_smallest() -> None:
    assert sketch_of([0.0]).quantile(0.5) == pytest.approx(0.0)


def test_nothing_has_no_percentile() -> None:
    assert Sketch().percentiles() == {"p50": None, "p90": None, "p99": None, "max": None}
