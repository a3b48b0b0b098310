"""Stages for tests of gates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ops.gates.gate import StageMark
from rollout.split import Slot, Split
from rollout.target_health import RampCounts

THREE = RampCounts(3, 3, 3)
"""Each slot can carry everything with three."""
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def stage(
    weight: int = 10,
    *,
    at: datetime = NOON,
    number: int = 1,
    services: Sequence[str] = ("web",),
    is_released: bool = False,
    counted: RampCounts = THREE,
) -> StageMark:
    """A stage with slot 02 as the candidate at `weight`."""
    split = Split(100 - weight, weight)
    return StageMark(
        services=services,
        candidate=Slot.SECOND,
        stable=Slot.FIRST,
        splits=dict.fromkeys(services, split),
        verified_at=at,
        number=number,
        of=5,
        counted=dict.fromkeys(services, counted),
        is_released=is_released,
    )


class FakeClock:
    """A time of day that a test moves."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
