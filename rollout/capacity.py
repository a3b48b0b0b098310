"""How many instances a slot needs for its share, and the floors of a ramp's stages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rollout.command import config_set
from rollout.plan import RampPlan
from rollout.split import TOTAL_WEIGHT, Slot, Split

REMEMBERED = timedelta(hours=1)
"""How long after a ramp its fleet counts: by then the scaling policies have scaled in.

Source: EC2 Auto Scaling user guide, target tracking: it scales in once its low alarm has been on
for 15 minutes.
"""


@dataclass(frozen=True, slots=True)
class FleetSizes:
    """The instances of one service at one moment."""

    desired: Mapping[Slot, int]
    largest: Mapping[Slot, int | None]
    """The most that each slot's fleet may have; `None` where nothing limits it."""

    def carrying(self, split: Split, stable: Slot) -> int:
        """How many instances carry all of the traffic, as at `split`.

        Each slot gives a number by what it has for its share. If the numbers differ, the slot with
        the larger one has more than its share needs: an earlier ramp raised it, and its scaling
        policy has not acted yet. The guards require no fewer than the stable slot has.
        """
        weighted = [slot for slot in Slot if split.weight_of(slot) > 0]
        by_slot = [
            math.ceil(self.desired[slot] * TOTAL_WEIGHT / split.weight_of(slot))
            for slot in weighted
            if self.desired[slot] > 0
        ]
        everything = sum(self.desired[slot] for slot in weighted)
        return max(min([*by_slot, everything]), self._least(split, stable))

    def as_before(self, split: Split, stable: Slot, before: int) -> int:
        """The same, if a recent ramp found `before` of them."""
        return max(min(self.carrying(split, stable), before), self._least(split, stable))

    def _least(self, split: Split, stable: Slot) -> int:
        return self.desired[stable] if split.weight_of(stable) > 0 else 0


@dataclass(frozen=True, slots=True)
class Shortage:
    """A max that is too small for a share of the ramp."""

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
            f"the traffic needs in slot {self.slot}\n"
            f"  fix:      {config_set(path, str(self.needed))}; or, if an earlier ramp has scaled "
            "the groups out, wait until their scaling policies have scaled "
            "them in"
        )


def share_takes(weight: int, *, counted: int = 0, beside: int = 0) -> int:
    """The instances that `weight` of 100 needs: the one answer for guards, driver and gates.

    Args:
        weight: The share of the slot, 0 to 100.
        counted: How many instances carry everything, as the ramp counted them. The driver and the
            gates know this number; a guard does not, since a bare `pulumi up` has no ramp.
        beside: How many instances serve in the other slot now. A guard has nothing else to go by.
            Each slot is sized to carry everything while the other is idle, so the sum of both would
            ask for twice too many between releases.
    """
    return math.ceil(weight * max(counted, beside) / TOTAL_WEIGHT)


def grown_fleet(fleet: int, before: int, now: int) -> int:
    """How many instances carry everything, once a slot of `before` instances has grown to `now`.

    In proportion, and never fewer than `fleet`.
    """
    if now <= before:
        return fleet
    return math.ceil(fleet * now / before) if before > 0 else max(fleet, now)


def floors_at(
    plan: RampPlan,
    number: int,
    counts: Mapping[str, Mapping[Slot, int]],
    fleets: Mapping[str, int],
    floors: Mapping[str, Mapping[Slot, int]],
    found: Mapping[str, FleetSizes],
) -> dict[str, dict[Slot, int]]:
    """The floor of every slot for stage `number`.

    It is what the slot had before the ramp, or what it needs. Where the stable slot has grown
    since, the floors follow: the stable slot keeps what it has grown to, and the candidate needs
    its share of the grown fleet, as far as its max allows. No floor is ever lowered.

    Args:
        plan: What the ramp does.
        number: The stage.
        counts: The instances that each slot wanted before the ramp.
        fleets: How many carried each service before the ramp.
        floors: The newest floors that the ramp has set; empty before the first ones.
        found: The instances now.
    """
    weight = plan.stage(number).split.weight_of(plan.candidate)
    return {
        service: _floors_of(
            plan, weight, counts[service], fleets[service], floors.get(service, {}), found[service]
        )
        for service in plan.services
    }


def _floors_of(
    plan: RampPlan,
    weight: int,
    counts: Mapping[Slot, int],
    fleet: int,
    floors: Mapping[Slot, int],
    found: FleetSizes,
) -> dict[Slot, int]:
    before = counts[plan.stable]
    stable = max(before, floors.get(plan.stable, 0), found.desired[plan.stable])
    grown = share_takes(weight, counted=grown_fleet(fleet, before, stable))
    largest = found.largest[plan.candidate]
    return {
        plan.stable: stable,
        plan.candidate: max(
            counts[plan.candidate],
            floors.get(plan.candidate, 0),
            share_takes(weight, counted=fleet),
            grown if largest is None else min(grown, largest),
        ),
    }


def fleets_of(
    plan: RampPlan, found: Mapping[str, FleetSizes], remembered: Mapping[str, int]
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
    found: Mapping[str, FleetSizes],
    age: timedelta,
) -> dict[str, int]:
    """The fleets that an earlier ramp found and that still hold.

    At the even split both slots may have what ramps have raised them to, and then their numbers
    alone give twice what the traffic needs. The earlier number holds for a while, unless a group
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
    plan: RampPlan, found: Mapping[str, FleetSizes], fleets: Mapping[str, int]
) -> Sequence[Shortage]:
    """Every max that the last stage would need more than; empty when the ramp can run."""
    weight = plan.target.weight_of(plan.candidate)
    short: list[Shortage] = []
    for service in plan.services:
        needed = share_takes(weight, counted=fleets[service])
        largest = found[service].largest[plan.candidate]
        if largest is not None and needed > largest:
            short.append(Shortage(service, plan.candidate, weight, needed, largest))
    return short
