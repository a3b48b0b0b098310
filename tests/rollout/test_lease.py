from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollout.lease import Lease, LeaseClaim, LeaseHolder, claim

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
OWN = LeaseHolder("anna", "laptop", 4711)
OTHER = LeaseHolder("ben", "build-7", 99)


@pytest.mark.parametrize(
    ("holder", "is_alive", "minutes_left", "expected"),
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
    holder: LeaseHolder, is_alive: bool, minutes_left: int, expected: LeaseClaim
) -> None:
    lease = Lease(holder, ("web",), "stage 1/3", NOW + timedelta(minutes=minutes_left))

    assert claim(lease, OWN, NOW, is_alive=is_alive) is expected


def test_without_a_lease_anybody_may_ramp() -> None:
    assert claim(None, OWN, NOW, is_alive=False) is LeaseClaim.FREE
