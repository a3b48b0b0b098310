from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollout.lease import Lease, LeaseHolder, LeaseState, lease_state

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
OWN = LeaseHolder("anna", "laptop", 4711)
OTHER = LeaseHolder("ben", "build-7", 99)


@pytest.mark.parametrize(
    ("holder", "is_alive", "minutes_left", "expected"),
    [
        (OWN, True, 5, LeaseState.OURS),
        (LeaseHolder("anna", "laptop", 1), True, 5, LeaseState.HELD),
        (LeaseHolder("anna", "laptop", 1), True, -5, LeaseState.HELD),
        (LeaseHolder("anna", "laptop", 1), False, 5, LeaseState.DEAD),
        (OTHER, False, 5, LeaseState.HELD),
        (OTHER, False, -5, LeaseState.EXPIRED),
    ],
)
def test_who_may_ramp(
    holder: LeaseHolder, is_alive: bool, minutes_left: int, expected: LeaseState
) -> None:
    lease = Lease(holder, ("web",), "stage 1/3", NOW + timedelta(minutes=minutes_left))

    assert lease_state(lease, OWN, NOW, is_alive=is_alive) is expected


def test_without_a_lease_anybody_may_ramp() -> None:
    assert lease_state(None, OWN, NOW, is_alive=False) is LeaseState.FREE
