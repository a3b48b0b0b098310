"""Which instance a group with a mixed instances policy launches next. Pure.

AWS chooses Spot instances by price and capacity, which the rehearsal does not have: it takes the
types in turn. On-Demand instances are of the first type, as in AWS where there is capacity.
Source: EC2 Auto Scaling user guide, "Allocation strategies for multiple instance types".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.json_value import list_of, map_of

DEFAULTS: Mapping[str, Any] = {
    "OnDemandAllocationStrategy": "prioritized",
    "OnDemandBaseCapacity": 0,
    "OnDemandPercentageAboveBaseCapacity": 100,
    "SpotAllocationStrategy": "lowest-price",
}
"""Source: Auto Scaling API Reference, InstancesDistribution."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """One instance to launch."""

    instance_type: str
    """Empty for the template's own."""
    is_spot: bool


def next_purchase(policy: Mapping[str, Any], are_spot: Sequence[bool]) -> Purchase:
    """The instance that a group launches beside those that it has.

    Args:
        policy: In the form of the API.
        are_spot: Of each instance that the group has, whether it is a Spot instance.
    """
    distribution = {**DEFAULTS, **map_of(policy.get("InstancesDistribution"))}
    overrides = list_of(policy["LaunchTemplate"].get("Overrides"))
    types = [str(each.get("InstanceType", "")) for each in overrides] or [""]
    base = int(distribution["OnDemandBaseCapacity"])
    percent = int(distribution["OnDemandPercentageAboveBaseCapacity"])
    above = max(0, len(are_spot) + 1 - base)
    on_demand = len(are_spot) + 1 - above + math.ceil(above * percent / 100)
    spot = sum(are_spot)
    if len(are_spot) - spot < on_demand:
        return Purchase(types[0], is_spot=False)
    return Purchase(types[spot % len(types)], is_spot=True)
