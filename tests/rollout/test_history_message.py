from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.history_message import (
    VERSION,
    GroupRollback,
    HistoryMessage,
    LeaseRelease,
    NewRamp,
    OtherActivity,
    StageCapacity,
    StageShift,
    current_lease,
    parse_activity,
)
from rollout.lease import Lease, LeaseHolder
from rollout.plan import RampPlan
from rollout.split import Slot, Split
from tests.rollout.history import held, released

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PLAN = RampPlan(("portal", "web"), Slot.SECOND, Split(100, 0), (10, 50, 100))
OWN = LeaseHolder("anna", "laptop", 4711)
OTHER = LeaseHolder("ben", "build-7", 99)
RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))

names = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,20}", fullmatch=True)
holders = st.builds(LeaseHolder, names, names, st.integers(1, 4_194_304))
numbers = st.integers(0, 100)
splits = numbers.map(lambda weight: Split(100 - weight, weight))
slots = st.sampled_from(Slot)
shifts = st.builds(StageShift, numbers, numbers, slots, numbers)
activities = st.one_of(
    st.builds(NewRamp, slots, splits, st.lists(numbers, min_size=1, max_size=9).map(tuple)),
    shifts,
    st.builds(StageCapacity, shifts),
    st.builds(GroupRollback, splits),
    st.builds(LeaseRelease, splits, st.booleans()),
)
times = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
services = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True), min_size=1).map(tuple)
messages = st.builds(HistoryMessage, services, activities, holders, st.none() | times)


@given(messages)
def test_a_message_is_read_as_it_was_written(message: HistoryMessage) -> None:
    assert HistoryMessage.parse(message.format()) == message


def test_a_message_reads_as_a_person_would_say_it() -> None:
    message = held(PLAN, StageShift.to(PLAN.stage(2), PLAN.candidate), OWN, NOW)

    assert message == (
        "portal+web: stage 2/3, 02 at 50, by anna@laptop (4711) until 2026-11-21T09:00:00Z"
    )


@pytest.mark.parametrize(
    "message",
    ["", "tag the bucket", "web: stage 1/2, by anna until tomorrow", "web: by a@b (1) until never"],
)
def test_a_persons_own_message_is_no_message_of_a_ramp(message: str) -> None:
    assert HistoryMessage.parse(message) is None


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
def test_every_message_of_an_earlier_version_is_read_and_would_be_written_the_same(
    recorded: Path,
) -> None:
    texts = [each["message"] for each in json.loads(recorded.read_text()).get("history", [])]

    for text in (each for each in texts if ", by " in each):
        message = HistoryMessage.parse(text)
        assert message is not None
        assert not isinstance(message.activity, OtherActivity)
        assert message.format() == text


@given(messages)
def test_a_message_of_a_later_version_still_holds_its_lease(message: HistoryMessage) -> None:
    later = HistoryMessage.parse(f"{message.format()}; v{VERSION + 1}")

    assert later is not None
    assert (later.services, later.holder, later.until) == (
        message.services,
        message.holder,
        message.until,
    )
    assert later.activity == OtherActivity(str(message.activity))
    assert later.format() == f"{message.format()}; v{VERSION + 1}"


@given(st.text(min_size=1))
def test_an_activity_that_no_version_wrote_is_kept_as_text(text: str) -> None:
    assert str(parse_activity(text)) == text


def test_an_update_of_somebody_else_in_between_does_not_end_a_lease() -> None:
    message = held(PLAN, "stage 1/3, 02 at 10", OTHER, NOW)

    lease = current_lease(["tag the bucket", message])

    assert lease == Lease(OTHER, ("portal", "web"), "stage 1/3, 02 at 10", NOW)


def test_the_last_update_of_a_ramp_releases_the_lease() -> None:
    held_still = held(PLAN, "stage 3/3, 02 at 100", OTHER, NOW)
    release = released(PLAN, "released at 0/100", OTHER)

    assert current_lease([release, held_still]) is None
    assert current_lease([held_still, release]) is not None
