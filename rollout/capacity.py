"""How many instances a slot needs for its share, and what a ramp must see to before each stage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rollout.plan import Plan
from rollout.split import TOTAL_WEIGHT, Slot, Split


@dataclass(frozen=True, slots=True)
class Fleet:
    """The instances of one service as a ramp finds them."""

    desired: Mapping[Slot, int]
    largest: Mapping[Slot, int]
    """The max of each slot's Auto Scaling group."""

    def carrying(self, split: Split) -> int:
        """How many instances carry the traffic at `split`: those of slots with any weight."""
        return sum(self.desired[slot] for slot in Slot if split.weight_of(slot) > 0)


@dataclass(frozen=True, slots=True)
class Shortage:
    """A max that is too small for a share that the ramp is going to give."""

    service: str
    slot: Slot
    weight: int
    needed: int
    largest: int

    def __str__(self) -> str:
        path = f"failover:capacity.{self.service}.max"
        return (
            f"{path} is {self.largest}\n"
            f"  expected: {self.needed} or more: that is what {self.weight} of {TOTAL_WEIGHT} of "
            f"the traffic takes in slot {self.slot}\n"
            f"  mend:     pulumi config set --path {path.removeprefix('failover:')} {self.needed}"
        )


def needed_for(weight: int, fleet: int) -> int:
    """The instances that `weight` of 100 takes, when `fleet` of them carry everything."""
    return math.ceil(weight * fleet / TOTAL_WEIGHT)


def floors_at(plan: Plan, number: int, fleets: Mapping[str, Fleet]) -> dict[str, dict[Slot, int]]:
    """The floor of every slot for stage `number`: what it had before the ramp, or what it needs.

    `fleets` are those from before the ramp, all the way through it, so that the answer for a stage
    is the same whenever it is asked.
    """
    split = plan.stage(number).split
    floors: dict[str, dict[Slot, int]] = {}
    for service in plan.services:
        fleet = fleets[service]
        carrying = fleet.carrying(plan.start)
        needed = needed_for(split.weight_of(plan.candidate), carrying)
        floors[service] = {
            plan.stable: fleet.desired[plan.stable],
            plan.candidate: max(fleet.desired[plan.candidate], needed),
        }
    return floors


def shortages(plan: Plan, fleets: Mapping[str, Fleet]) -> Sequence[Shortage]:
    """Every max that the last stage would need more than; empty when the ramp can run."""
    weight = plan.target.weight_of(plan.candidate)
    found: list[Shortage] = []
    for service in plan.services:
        fleet = fleets[service]
        needed = needed_for(weight, fleet.carrying(plan.start))
        largest = fleet.largest[plan.candidate]
        if needed > largest:
            found.append(Shortage(service, plan.candidate, weight, needed, largest))
    return found
