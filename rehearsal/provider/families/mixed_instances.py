"""The mixed instances policy of an Auto Scaling group.

Source: hashicorp/aws 6 internal/service/autoscaling/group.go, expandMixedInstancesPolicy.
"""

from __future__ import annotations

from typing import Any

from rehearsal.provider.table import Block, Property, SchemaListOf, Values
from rehearsal.provider.values import INTEGER, STRING, between
from rollout.json_value import map_of

_SPECIFICATION = Block(
    {
        "launchTemplateId": Property(STRING, computed=True),
        "launchTemplateName": Property(STRING, computed=True),
        "version": Property(STRING, computed=True),
    }
)
POLICY = Block(
    {
        "instancesDistribution": Property(
            Block(
                {
                    "onDemandAllocationStrategy": Property(STRING, computed=True),
                    "onDemandBaseCapacity": Property(
                        INTEGER, computed=True, valid=between(0, 2**31)
                    ),
                    "onDemandPercentageAboveBaseCapacity": Property(
                        INTEGER, computed=True, valid=between(0, 100)
                    ),
                    "spotAllocationStrategy": Property(STRING, computed=True),
                    "spotInstancePools": Property(INTEGER, computed=True),
                    "spotMaxPrice": Property(STRING),
                }
            ),
            computed=True,
        ),
        "launchTemplate": Property(
            Block(
                {
                    "launchTemplateSpecification": Property(_SPECIFICATION, required=True),
                    "overrides": Property(SchemaListOf(Block({"instanceType": Property(STRING)}))),
                }
            ),
            required=True,
        ),
    }
)


def _capitalised(block: Values) -> dict[str, Any]:
    return {name[0].upper() + name[1:]: value for name, value in block.items() if value is not None}


def _lowered(block: Any) -> Values:
    return {name[0].lower() + name[1:]: value for name, value in block.items()}


def as_aws(policy: Values) -> Any:
    """The policy as Auto Scaling takes it; of id and name, the id."""
    launched = policy["launchTemplate"]
    named = _capitalised(launched["launchTemplateSpecification"])
    if named.get("LaunchTemplateId"):
        named.pop("LaunchTemplateName", None)
    sent: dict[str, Any] = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": named,
            "Overrides": [_capitalised(each) for each in launched.get("overrides") or ()],
        }
    }
    if policy.get("instancesDistribution"):
        sent["InstancesDistribution"] = _capitalised(policy["instancesDistribution"])
    return sent


def from_aws(policy: Any) -> Values | None:
    """The policy as a property."""
    if not policy:
        return None
    launched = map_of(policy.get("LaunchTemplate"))
    distribution = _lowered(map_of(policy.get("InstancesDistribution")))
    if not distribution.get("spotMaxPrice"):
        distribution.pop("spotMaxPrice", None)
    return {
        "instancesDistribution": distribution,
        "launchTemplate": {
            "launchTemplateSpecification": _lowered(
                map_of(launched.get("LaunchTemplateSpecification"))
            ),
            "overrides": [
                {"instanceType": each.get("InstanceType")} for each in launched.get("Overrides", ())
            ],
        },
    }
