"""Scaling policy, by target tracking.

Its id here is the one that it is imported by: `group/policy`. The real provider keeps the policy's
name alone, which is its own only within the group.

Source: hashicorp/aws 6 internal/service/autoscaling/policy.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.table import AutoName, Block, Property, ResourceType, Values
from rehearsal.provider.values import BOOLEAN, INTEGER, NUMBER, STRING, length
from rollout.json_value import map_of

TARGET_TRACKING = "TargetTrackingScaling"
_GROUP_GONE = "ValidationError"


def _put(call: ProviderCall, inputs: Values) -> str:
    declared = inputs["targetTrackingConfiguration"]
    metric = declared["predefinedMetricSpecification"]
    specification: dict[str, Any] = {"PredefinedMetricType": metric["predefinedMetricType"]}
    if metric.get("resourceLabel"):
        specification["ResourceLabel"] = metric["resourceLabel"]
    arguments: dict[str, Any] = {
        "AutoScalingGroupName": inputs["autoscalingGroupName"],
        "PolicyName": inputs["name"],
        "PolicyType": inputs["policyType"],
        "TargetTrackingConfiguration": {
            "PredefinedMetricSpecification": specification,
            "TargetValue": float(declared["targetValue"]),
            "DisableScaleIn": bool(declared.get("disableScaleIn", False)),
        },
    }
    if inputs.get("estimatedInstanceWarmup") is not None:
        arguments["EstimatedInstanceWarmup"] = inputs["estimatedInstanceWarmup"]
    call.aws.autoscaling.put_scaling_policy(**arguments)
    return f"{inputs['autoscalingGroupName']}/{inputs['name']}"


def _read(call: ProviderCall, policy_id: str) -> Values | None:
    group, _, name = policy_id.rpartition("/")
    answer = unless_gone(
        lambda: call.aws.autoscaling.describe_policies(
            AutoScalingGroupName=group, PolicyNames=[name]
        ),
        _GROUP_GONE,
    )
    if not answer or not answer["ScalingPolicies"]:
        return None
    policy: Any = answer["ScalingPolicies"][0]
    tracking = map_of(policy.get("TargetTrackingConfiguration"))
    metric = map_of(tracking.get("PredefinedMetricSpecification"))
    return {
        "arn": policy["PolicyARN"],
        "name": name,
        "autoscalingGroupName": group,
        "policyType": policy["PolicyType"],
        "estimatedInstanceWarmup": policy.get("EstimatedInstanceWarmup"),
        "targetTrackingConfiguration": {
            "predefinedMetricSpecification": {
                "predefinedMetricType": metric.get("PredefinedMetricType"),
                "resourceLabel": metric.get("ResourceLabel") or None,
            },
            "targetValue": tracking.get("TargetValue"),
            "disableScaleIn": tracking.get("DisableScaleIn", False),
        },
    }


def _delete(call: ProviderCall, policy_id: str, _state: Values) -> None:
    group, _, name = policy_id.rpartition("/")
    unless_gone(
        lambda: call.aws.autoscaling.delete_policy(AutoScalingGroupName=group, PolicyName=name),
        _GROUP_GONE,
    )


def _problems(inputs: Values) -> Iterator[tuple[str, str]]:
    if inputs.get("policyType") != TARGET_TRACKING:
        yield "policyType", f"only {TARGET_TRACKING} is supported by the rehearsal"
    if not inputs.get("targetTrackingConfiguration"):
        yield "targetTrackingConfiguration", f"is needed for {TARGET_TRACKING}"


POLICY = ResourceType(
    token="aws:autoscaling/policy:Policy",
    properties={
        "name": Property(STRING, replaces=True, valid=length(1, 255)),
        "autoscalingGroupName": Property(STRING, required=True, replaces=True),
        "policyType": Property(STRING, default="SimpleScaling"),
        "estimatedInstanceWarmup": Property(INTEGER),
        "targetTrackingConfiguration": Property(
            Block(
                {
                    "predefinedMetricSpecification": Property(
                        Block(
                            {
                                "predefinedMetricType": Property(STRING, required=True),
                                "resourceLabel": Property(STRING),
                            }
                        ),
                        required=True,
                    ),
                    "targetValue": Property(NUMBER, required=True),
                    "disableScaleIn": Property(BOOLEAN, default=False),
                }
            )
        ),
    },
    outputs=("arn",),
    create=_put,
    read=_read,
    update=lambda call, _id, _old, new, _changed: _put(call, new),
    delete=_delete,
    autoname=AutoName(most=255),
    problems=_problems,
)
