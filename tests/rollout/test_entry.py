from __future__ import annotations

import dataclasses
import datetime
import json
import typing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.entry import KINDS, Entry
from rollout.errors import EntryError
from rollout.ramp_event import RampEvent, RampStart, Resumption
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from rollout.verdict import EvidenceWindow

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.jsonl"))

times = st.datetimes(timezones=st.just(datetime.UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
splits = st.integers(0, 100).map(lambda weight: Split(100 - weight, weight))
windows = st.tuples(times, times).map(lambda pair: EvidenceWindow(*sorted(pair)))
counts = st.dictionaries(st.text(), st.dictionaries(st.sampled_from(Slot), st.integers()))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(datetime.datetime, times)
st.register_type_strategy(Split, splits)
st.register_type_strategy(EvidenceWindow, windows)
st.register_type_strategy(
    StackIdentity,
    st.builds(StackIdentity, st.text(), st.text(), st.dictionaries(st.text(), st.text())),
)
events: st.SearchStrategy[RampEvent] = st.one_of(
    *(
        st.builds(
            kind,
            **{
                each.name: st.from_type(typing.get_type_hints(kind)[each.name])
                for each in dataclasses.fields(kind)
            },
        )
        for kind in KINDS.values()
    )
)
entries = st.builds(Entry, times, st.text(), events)


@given(entries)
def test_an_entry_is_read_as_it_was_written(entry: Entry) -> None:
    line = entry.line()

    assert "\n" not in line
    assert Entry.parse(line) == entry


@given(entries, st.data())
def test_a_torn_line_is_no_entry(entry: Entry, data: st.DataObject) -> None:
    line = entry.line()
    torn = line[: data.draw(st.integers(0, len(line) - 1))]

    with pytest.raises(EntryError):
        Entry.parse(torn)


def test_every_kind_has_a_name_of_its_own() -> None:
    assert set(KINDS.values()) == set(typing.get_args(RampEvent))


@given(entries, st.data())
def test_an_entry_with_a_fact_too_few_or_too_many_is_refused(
    entry: Entry, data: st.DataObject
) -> None:
    document = json.loads(entry.line())
    needed = {
        each.metadata.get("fact", each.name)
        for each in dataclasses.fields(entry.event)
        if each.default is dataclasses.MISSING
    }
    missing = data.draw(st.sampled_from(sorted(needed)))

    with pytest.raises(EntryError, match="more"):
        Entry.parse(json.dumps(document | {"more": 1}))
    with pytest.raises(EntryError, match="missing"):
        Entry.parse(json.dumps({name: document[name] for name in document if name != missing}))


@pytest.mark.parametrize(
    "line",
    [
        '{"at":"2026-11-21T09:00:00","ramp":"r","kind":"up-said","line":""}',
        '{"at":"2026-11-21T09:00:00Z","ramp":"r","kind":"up-said","line":1}',
        '{"at":"2026-11-21T09:00:00Z","ramp":"r","kind":"bake-started","stage":true,"seconds":1}',
        '{"at":"2026-11-21T09:00:00Z","ramp":"r","kind":"rollback-started","why":"","to":"60/60"}',
        '{"at":"2026-11-21T09:00:00Z","ramp":"r","kind":"ramp-finished","outcome":"x","exit":0}',
        '{"at":"2026-11-21T09:00:00Z","ramp":"r","kind":"said-hello"}',
    ],
    ids=["time without a zone", "number for text", "bool for a number", "split", "outcome", "kind"],
)
def test_a_fact_of_another_type_is_refused(line: str) -> None:
    with pytest.raises(EntryError):
        Entry.parse(line)


@pytest.mark.parametrize("journal", RECORDED, ids=lambda path: path.stem)
def test_every_line_of_an_earlier_version_is_read_and_would_be_written_the_same(
    journal: Path,
) -> None:
    for line in journal.read_text().splitlines():
        entry = Entry.parse(line)

        if isinstance(entry.event, RampStart | Resumption):
            # The earliest versions had fewer facts, and times that are written in another way.
            assert Entry.parse(entry.line()) == entry
        else:
            assert entry.line() == line


def test_every_kind_is_among_the_lines_of_an_earlier_version() -> None:
    kinds = {
        Entry.parse(line).kind for journal in RECORDED for line in journal.read_text().splitlines()
    }

    assert kinds == set(KINDS)
