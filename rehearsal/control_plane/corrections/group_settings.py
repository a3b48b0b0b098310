"""Settings of Auto Scaling groups: which there are, what values they take, where they are kept."""

from __future__ import annotations

from typing import Any

from botocore import xform_name
from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend

from rehearsal.control_plane.autoscaling.termination import POLICIES

_SUPPORTED = frozenset(
    [
        "AutoScalingGroupName",
        "LaunchTemplate",
        "LaunchConfigurationName",
        "MinSize",
        "MaxSize",
        "DesiredCapacity",
        "DefaultCooldown",
        "TargetGroupARNs",
        "HealthCheckType",
        "HealthCheckGracePeriod",
        "VPCZoneIdentifier",
        "TerminationPolicies",
        "NewInstancesProtectedFromScaleIn",
        "Tags",
        "DefaultInstanceWarmup",
        "CapacityRebalance",
        "ServiceLinkedRoleARN",
        "AvailabilityZones",
        "DeletionProtection",
    ]
)

_ONLY_DEFAULTS: dict[str, Any] = {
    "AvailabilityZoneDistribution": {"CapacityDistributionStrategy": "balanced-best-effort"},
    "CapacityReservationSpecification": {"CapacityReservationPreference": "default"},
    "DesiredCapacityType": "units",
    "MaxInstanceLifetime": 0,
}
"""Settings of which the rehearsal does only what is the default, by the default."""

_HEALTH_CHECK_TYPES = ("EC2", "ELB")


def group_named(backend: AutoScalingBackend, name: str) -> Any:
    """Moto's group of that name.

    Raises:
        ValidationError: there is none, in AWS's words.
    """
    group = backend.autoscaling_groups.get(name)
    if group is None:
        raise ValidationError(
            f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"
        )
    return group


def _refuse_unsupported(params: dict[str, Any]) -> None:
    unknown = sorted(
        name
        for name, value in params.items()
        if name not in _SUPPORTED and value not in (None, [], {}, "", _ONLY_DEFAULTS.get(name))
    )
    if unknown:
        raise ValidationError(f"not supported by the rehearsal: {', '.join(unknown)}")


def check_bounds(min_size: int, max_size: int, desired: int) -> None:
    """Refuse a desired capacity outside the bounds, and bounds that cross."""
    if min_size > max_size:
        raise ValidationError(
            f"Max bound, {max_size}, must be greater than or equal to min bound, {min_size}"
        )
    if not min_size <= desired <= max_size:
        raise ValidationError(
            f"Desired capacity:{desired} must be between the specified min size:{min_size} "
            f"and max size:{max_size}"
        )


def _check_termination_policies(policies: list[str]) -> None:
    for policy in policies:
        if policy not in POLICIES:
            raise ValidationError(
                f"Termination policy '{policy}' is not one that the rehearsal supports: "
                f"{', '.join(POLICIES)}"
            )


def check_settings(params: dict[str, Any]) -> None:
    """Refuse settings that AWS refuses, and those that the rehearsal cannot honour."""
    _refuse_unsupported(params)
    _check_termination_policies(params.get("TerminationPolicies", []))
    kind = params.get("HealthCheckType", "EC2")
    if kind not in _HEALTH_CHECK_TYPES:
        raise ValidationError(f"HealthCheckType {kind}: not supported by the rehearsal")


def check_target_groups(backend: AutoScalingBackend, arns: list[str]) -> None:
    """Refuse target groups that are not there."""
    if any(arn not in backend.elbv2_backend.target_groups for arn in arns):
        raise ValidationError(
            "Provided Target Groups may not be valid. Please ensure they exist and try again."
        )


def note_settings(group: Any, params: dict[str, Any]) -> None:
    """Keep the settings that moto's group takes only at creation, or not at all."""
    group.default_instance_warmup = params.get(
        "DefaultInstanceWarmup", getattr(group, "default_instance_warmup", None)
    )
    if group.default_instance_warmup == -1:
        group.default_instance_warmup = None
    if "DefaultCooldown" in params:
        group.default_cooldown = int(params["DefaultCooldown"])
    if params.get("TerminationPolicies"):
        group.termination_policies = params["TerminationPolicies"]
    group.deletion_protection = params.get(
        "DeletionProtection", getattr(group, "deletion_protection", "none")
    )
    for name, default in _ONLY_DEFAULTS.items():
        if isinstance(default, dict):
            setattr(group, xform_name(name), default)
    if "CapacityRebalance" in params:
        group.capacity_rebalance = params["CapacityRebalance"]
