"""How many instances a slot needs for its share, and what a ramp must see to before each stage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rollout.plan import Plan
from rollout.split import TOTAL_WEIGHT, Slot, Split

REMEMBERED = timedelta(hours=1)
"""So long after a ramp its fleet is known: then scaling policies have taken away what is too many.

Source: EC2 Auto Scaling user guide, target tracking: it scales in once its low alarm has been on
for 15 minutes.
"""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The instances of one service as a ramp finds them."""

    desired: Mapping[Slot, int]
    largest: Mapping[Slot, int]
    """The max of each slot's Auto Scaling group."""

    def carrying(self, split: Split, stable: Slot) -> int:
        """How many instances carry all of the traffic, as they do at `split`.

        Each slot tells it by what it has for its share. Where they tell different numbers, the
        larger one has more than its share takes: an earlier ramp raised it, and its scaling policy
        has not acted yet. The guards want no fewer than the stable slot has.
        """
        weighted = [slot for slot in Slot if split.weight_of(slot) > 0]
        told = [
            math.ceil(self.desired[slot] * TOTAL_WEIGHT / split.weight_of(slot))
            for slot in weighted
            if self.desired[slot] > 0
        ]
        everything = sum(self.desired[slot] for slot in weighted)
        return max(min([*told, everything]), self._least(split, stable))

    def as_before(self, split: Split, stable: Slot, before: int) -> int:
        """The same, where a ramp of a moment ago found `before` of them."""
        return max(min(self.carrying(split, stable), before), self._least(split, stable))

    def _least(self, split: Split, stable: Slot) -> int:
        return self.desired[stable] if split.weight_of(stable) > 0 else 0


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
            f"  mend:     pulumi config set --path {path.removeprefix('failover:')} {self.needed}; "
            "or, where the groups still have what an earlier ramp raised, wait until their scaling "
            "policies have taken it away"
        )


def needed_for(weight: int, fleet: int) -> int:
    """The instances that `weight` of 100 takes, when `fleet` of them carry everything."""
    return math.ceil(weight * fleet / TOTAL_WEIGHT)


def floors_at(
    plan: Plan,
    number: int,
    counts: Mapping[str, Mapping[Slot, int]],
    fleets: Mapping[str, int],
) -> dict[str, dict[Slot, int]]:
    """The floor of every slot for stage `number`: what it had before the ramp, or what it needs.

    `counts` and `fleets` are those from before the ramp, all the way through it, so that the answer
    for a stage is the same whenever it is asked.
    """
    weight = plan.stage(number).split.weight_of(plan.candidate)
    return {
        service: {
            plan.stable: counts[service][plan.stable],
            plan.candidate: max(
                counts[service][plan.candidate], needed_for(weight, fleets[service])
            ),
        }
        for service in plan.services
    }


def fleets_of(
    plan: Plan, found: Mapping[str, Fleet], remembered: Mapping[str, int]
) -> dict[str, int]:
    """How many instances carry each service of `plan` before it begins.

    Args:
        plan: What the ramp is to do.
        found: Each service's instances now.
        remembered: What a ramp of a moment ago knew of some of them; see `still_known`.
    """
    return {
        service: found[service].as_before(plan.start, plan.stable, remembered[service])
        if service in remembered
        else found[service].carrying(plan.start, plan.stable)
        for service in plan.services
    }


def still_known(
    fleets: Mapping[str, int],
    floors: Mapping[str, Mapping[Slot, int]],
    found: Mapping[str, Fleet],
    age: timedelta,
) -> dict[str, int]:
    """The fleets that an earlier ramp found and that still hold.

    At the even split both slots may have what ramps have raised them to, and then their numbers
    alone tell twice what the traffic takes. The earlier number holds for a while, unless a group
    has grown over what that ramp raised it to: then the traffic has.

    Args:
        fleets: By service, as the earlier ramp found them.
        floors: What it raised each slot to.
        found: Each service's instances now.
        age: How long ago it ended.
    """
    if age > REMEMBERED:
        return {}
    return {
        service: fleet
        for service, fleet in fleets.items()
        if service in floors
        and service in found
        and all(found[service].desired[slot] <= floors[service].get(slot, 0) for slot in Slot)
    }


def shortages(
    plan: Plan, found: Mapping[str, Fleet], fleets: Mapping[str, int]
) -> Sequence[Shortage]:
    """Every max that the last stage would need more than; empty when the ramp can run."""
    weight = plan.target.weight_of(plan.candidate)
    short: list[Shortage] = []
    for service in plan.services:
        needed = needed_for(weight, fleets[service])
        largest = found[service].largest[plan.candidate]
        if needed > largest:
            short.append(Shortage(service, plan.candidate, weight, needed, largest))
    return short
