"""A ramp that ends with weight on both slots."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from rollout.plan import RampPlan
from rollout.ramp_event import HoldEnd, HoldStart
from rollout.split import Slot, Split
from tests.ops.ramp.world import SERVICES, World


class BusySlots:
    """Whoever has weight was asked a moment ago."""

    def __init__(self, world: World) -> None:
        self._world = world

    def last_request(self, slot: Slot) -> datetime | None:
        return self._world.clock.now() if self._world.live["web"].weight_of(slot) else None


@pytest.mark.parametrize("rising", Slot)
def test_an_even_split_waits_for_no_slot_to_fall_silent(tmp_path: Path, rising: Slot) -> None:
    start = Split(0, 100) if rising is Slot.FIRST else Split(100, 0)
    world = World(tmp_path, str(start))
    world.old_slot = BusySlots(world)

    ending = world.run(RampPlan(SERVICES, rising, start, (25, 50)))

    assert (ending.exit_code, ending.words) == (0, "done: portal+web at 50/50")
    assert world.floors() == {}
    assert HoldStart not in world.kinds()


def test_a_cutover_waits_for_the_old_slot_to_fall_silent(tmp_path: Path) -> None:
    world = World(tmp_path, "50/50")
    world.old_slot = BusySlots(world)

    ending = world.run(RampPlan(SERVICES, Slot.SECOND, Split(50, 50), (100,)))

    assert ending.exit_code == 0
    assert HoldEnd in world.kinds()
