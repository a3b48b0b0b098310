from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ops.traffic.stall import united_seconds

spans = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda ends: tuple(sorted(ends)))


@given(st.lists(spans), st.integers(0, 50))
def test_each_second_of_a_stall_counts_once_however_many_streams_tell_of_it(
    stalls: list[tuple[int, int]], since: int
) -> None:
    seconds = {second for start, end in stalls for second in range(max(start, since), end)}

    assert united_seconds([*stalls, *stalls, *stalls], since) == len(seconds)
