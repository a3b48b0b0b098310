from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.summary.share import Share


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_an_interval_holds_its_share_and_stays_within_0_and_1(part: int, more: int) -> None:
    share = Share.of(part, part + more)

    assert share is not None
    assert 0 <= share.low <= share.value <= share.high <= 1


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (75, 100, 0.6569, 0.8245),
    ],
)
def test_the_interval_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    share = Share.of(part, whole)

    assert share is not None
    assert (share.low, share.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_nothing_has_no_share() -> None:
    assert Share.of(0, 0) is None
