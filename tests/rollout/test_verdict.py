from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.verdict import EvidenceWindow, Outcome, Verdict, combined

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

times = st.datetimes(timezones=st.just(UTC))
windows = st.tuples(times, times).map(lambda pair: EvidenceWindow(min(pair), max(pair)))
verdicts = st.builds(
    Verdict,
    st.sampled_from(["targets", "probe"]),
    st.sampled_from(Outcome),
    st.text(),
    st.dictionaries(st.text(), st.integers() | st.floats(allow_nan=False) | st.text()),
    st.none() | windows,
)


@given(st.lists(verdicts))
def test_a_fail_decides_whatever_the_others_say(others: list[Verdict]) -> None:
    failed = Verdict("alarms", Outcome.FAIL, "an alarm is on")

    assert combined([*others, failed]) is Outcome.FAIL


@given(st.lists(verdicts))
def test_only_passes_and_at_least_one_of_them_pass(given_verdicts: list[Verdict]) -> None:
    outcomes = [verdict.outcome for verdict in given_verdicts]

    passed = combined(given_verdicts) is Outcome.PASS

    assert passed == (bool(outcomes) and set(outcomes) == {Outcome.PASS})


def test_no_verdict_at_all_is_inconclusive() -> None:
    assert combined([]) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("start", "end"),
    [(NOON, NOON - timedelta(seconds=1)), (NOON.replace(tzinfo=None), NOON)],
)
def test_a_window_that_ends_before_it_starts_or_has_no_zone_is_refused(
    start: datetime, end: datetime
) -> None:
    with pytest.raises(ValueError, match="window"):
        EvidenceWindow(start, end)
