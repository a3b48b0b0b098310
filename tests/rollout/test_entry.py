from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.entry import FIELDS, Entry, EntryKind, Json
from rollout.errors import EntryError

times = st.datetimes(timezones=st.just(datetime.UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
facts: st.SearchStrategy[Json] = st.recursive(
    st.one_of(st.text(), st.integers(-(2**53), 2**53), st.booleans(), st.none()),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(list(EntryKind)))
    return Entry(draw(times), draw(st.text()), kind, {name: draw(facts) for name in FIELDS[kind]})


@given(entries())
def test_an_entry_is_read_as_it_was_written(entry: Entry) -> None:
    line = entry.line()

    assert "\n" not in line
    assert Entry.parse(line) == entry


@given(entries(), st.data())
def test_a_torn_line_is_no_entry(entry: Entry, data: st.DataObject) -> None:
    line = entry.line()
    torn = line[: data.draw(st.integers(0, len(line) - 1))]

    with pytest.raises(EntryError):
        Entry.parse(torn)


def test_every_kind_says_which_facts_it_has() -> None:
    assert set(FIELDS) == set(EntryKind)


def test_an_entry_with_a_fact_too_few_or_too_many_is_refused() -> None:
    at = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)

    with pytest.raises(EntryError, match="split"):
        Entry(at, "r", EntryKind.STAGE_STARTED, {"stage": 1, "of": 5})
    with pytest.raises(EntryError, match="more"):
        Entry(at, "r", EntryKind.UP_SAID, {"line": "a", "more": 1})


def test_a_time_without_a_zone_is_no_time() -> None:
    with pytest.raises(EntryError):
        Entry.parse('{"at":"2026-11-21T09:00:00","ramp":"r","kind":"up-said","line":""}')
