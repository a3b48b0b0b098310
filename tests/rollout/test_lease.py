from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.lease import (
    Lease,
    LeaseClaim,
    LeaseHolder,
    claim,
    current_lease,
    doing_stage,
    last_message_of,
    message_of,
    read_lease,
)
from rollout.plan import RampPlan
from rollout.split import Slot, Split

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PLAN = RampPlan(("portal", "web"), Slot.SECOND, Split(100, 0), (10, 50, 100))
OWN = LeaseHolder("anna", "laptop", 4711)
OTHER = LeaseHolder("ben", "build-7", 99)

names = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,20}", fullmatch=True)
hands = st.builds(LeaseHolder, names, names, st.integers(1, 4_194_304))


@given(hands, st.datetimes(timezones=st.just(UTC)))
def test_a_message_is_read_back_to_the_lease_that_it_tells(
    hand: LeaseHolder, until: datetime
) -> None:
    until = until.replace(microsecond=0)
    doing = doing_stage(PLAN, PLAN.stage(2))

    lease = read_lease(message_of(PLAN, doing, hand, until))

    assert lease == Lease(hand, ("portal", "web"), "stage 2/3, 02 at 50", until)


def test_a_message_reads_as_a_person_would_say_it() -> None:
    message = message_of(PLAN, doing_stage(PLAN, PLAN.stage(2)), OWN, NOW)

    assert message == (
        "portal+web: stage 2/3, 02 at 50, by anna@laptop (4711) until 2026-11-21T09:00:00Z"
    )


@pytest.mark.parametrize(
    "message",
    ["", "tag the bucket", "web: stage 1/2, by anna until tomorrow", "web: by a@b (1) until never"],
)
def test_a_persons_own_message_is_no_lease(message: str) -> None:
    assert read_lease(message) is None


def test_an_update_of_somebody_else_in_between_does_not_end_a_lease() -> None:
    held = message_of(PLAN, "stage 1/3, 02 at 10", OTHER, NOW)

    lease = current_lease(["tag the bucket", held])

    assert lease is not None
    assert lease.hand == OTHER


def test_the_last_update_of_a_ramp_lets_go_of_the_wheel() -> None:
    held = message_of(PLAN, "stage 3/3, 02 at 100", OTHER, NOW)
    freed = last_message_of(PLAN, "released at 0/100", OTHER)

    assert current_lease([freed, held]) is None
    assert current_lease([held, freed]) is not None


@pytest.mark.parametrize(
    ("hand", "is_alive", "minutes_left", "expected"),
    [
        (OWN, True, 5, LeaseClaim.OURS),
        (LeaseHolder("anna", "laptop", 1), True, 5, LeaseClaim.HELD),
        (LeaseHolder("anna", "laptop", 1), True, -5, LeaseClaim.HELD),
        (LeaseHolder("anna", "laptop", 1), False, 5, LeaseClaim.DEAD),
        (OTHER, False, 5, LeaseClaim.HELD),
        (OTHER, False, -5, LeaseClaim.EXPIRED),
    ],
)
def test_who_may_ramp(
    hand: LeaseHolder, is_alive: bool, minutes_left: int, expected: LeaseClaim
) -> None:
    lease = Lease(hand, ("web",), "stage 1/3", NOW + timedelta(minutes=minutes_left))

    assert claim(lease, OWN, NOW, is_alive=is_alive) is expected


def test_without_a_lease_the_wheel_is_free() -> None:
    assert claim(None, OWN, NOW, is_alive=False) is LeaseClaim.FREE
