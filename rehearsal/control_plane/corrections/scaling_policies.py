"""Scaling policies: each belongs to its group. They are kept and shown, and do not scale.

Nothing in the rehearsal measures a load that a policy could follow; the desired capacity is changed
by whoever asks for it.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeScalingPolicy
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.moto_api._internal import mock_random

from rehearsal.control_plane.correction import ComputedProperty, Correction, Replace
from rehearsal.control_plane.corrections.group_settings import group_named
from rehearsal.control_plane.world import World
from rollout.json_value import map_of

_Original = Callable[..., Any]

REQUEST_COUNT = "ALBRequestCountPerTarget"
SUPPORTED_TYPES = ("TargetTrackingScaling",)


def _key(group_name: str, policy_name: str) -> str:
    return f"{group_name}/{policy_name}"


def _put_request(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del world
    params = self._get_params()
    group_named(self.autoscaling_backend, params["AutoScalingGroupName"])
    kind = params.get("PolicyType", "SimpleScaling")
    if kind not in SUPPORTED_TYPES:
        raise ValidationError(f"PolicyType {kind}: not supported by the rehearsal")
    tracking: dict[str, Any] = params.get("TargetTrackingConfiguration") or {}
    if "CustomizedMetricSpecification" in tracking:
        raise ValidationError("CustomizedMetricSpecification: not supported by the rehearsal")
    tracking.setdefault("DisableScaleIn", False)
    _check_label(
        map_of(tracking.get("PredefinedMetricSpecification")),
        group_named(self.autoscaling_backend, params["AutoScalingGroupName"]),
    )
    return original(self)


def _check_label(specification: Mapping[str, Any], group: Any) -> None:
    """Refuse a label that does not name a target group of the group, and its load balancer.

    Source: Auto Scaling API Reference, PredefinedMetricSpecification.ResourceLabel.
    """
    metric, label = specification.get("PredefinedMetricType"), specification.get("ResourceLabel")
    if metric != REQUEST_COUNT:
        return
    if not label:
        raise ValidationError(
            f"Resource label should be specified for predefined metric type {metric}"
        )
    if re.fullmatch(r"app/[^/]+/[0-9a-f]+/targetgroup/[^/]+/[0-9a-f]+", label) is None:
        raise ValidationError(f"Resource label is invalid: {label}")
    suffix = label[label.index("/targetgroup/") :].lstrip("/")
    if not any(arn.endswith(f":{suffix}") for arn in group.target_group_arns):
        raise ValidationError("Target group not attached to the Auto Scaling group")


def _put(
    world: World, original: _Original, self: AutoScalingBackend, *args: Any, **kwargs: Any
) -> FakeScalingPolicy:
    """Moto keys policies by their name alone, and gives all of them one ARN."""
    del world
    others = dict(self.policies)
    self.policies.clear()
    policy: Any = original(self, *args, **kwargs)
    self.policies.clear()
    self.policies.update(others)
    key = _key(policy.auto_scaling_group_name, policy.name)
    known: Any = self.policies.get(key)
    policy.unique_id = str(mock_random.uuid4()) if known is None else known.unique_id
    policy.enabled = True
    policy.alarms = []
    policy.predictive_scaling_configuration = None
    policy.step_adjustments = None
    self.policies[key] = policy
    return policy


def _arn(world: World, self: Any) -> str:
    del world
    backend: AutoScalingBackend = self.autoscaling_backend
    return (
        f"arn:{backend.partition}:autoscaling:{backend.region_name}:{backend.account_id}:"
        f"scalingPolicy:{self.unique_id}:"
        f"autoScalingGroupName/{self.auto_scaling_group_name}:policyName/{self.name}"
    )


def _delete(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del world, original
    backend = self.autoscaling_backend
    name = self._get_param("PolicyName")
    group_name = self._get_param("AutoScalingGroupName")
    found = [
        key
        for key, policy in backend.policies.items()
        if name in (policy.name, policy.policy_arn)
        and group_name in (None, policy.auto_scaling_group_name)
    ]
    if not found:
        raise ValidationError(f"ScalingPolicy {name} not found")
    for key in found:
        del backend.policies[key]
    return EmptyResult()


def _execute(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del world, original
    raise ValidationError(
        f"ExecutePolicy {self._get_param('PolicyName')}: not supported by the rehearsal"
    )


SCALING_POLICIES = Correction(
    name="scaling-policies",
    moto="A policy's name is taken in the whole region; group and label need not exist.",
    aws=(
        "A policy's name is taken in its group, which exists, and goes with it; a label names a "
        "target group that the group is attached to."
    ),
    changes=(
        Replace(AutoScalingResponse, "put_scaling_policy", _put_request),
        Replace(AutoScalingResponse, "delete_policy", _delete),
        Replace(AutoScalingResponse, "execute_policy", _execute),
        Replace(AutoScalingBackend, "put_scaling_policy", _put),
        ComputedProperty(FakeScalingPolicy, "arn", _arn),
        ComputedProperty(FakeScalingPolicy, "policy_arn", _arn),
    ),
)
