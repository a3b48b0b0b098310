"""Settings of Auto Scaling groups: which there are, their values, what they launch from."""

from __future__ import annotations

from typing import Any

from botocore import xform_name
from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.core.exceptions import ServiceException

from rehearsal.control_plane.autoscaling.launches import LaunchError, image_of, resolved
from rehearsal.control_plane.autoscaling.purchase import DEFAULTS
from rehearsal.control_plane.autoscaling.refresh import TemplateRequest
from rehearsal.control_plane.autoscaling.termination import POLICIES
from rollout.json_value import map_of

_SUPPORTED = frozenset(
    [
        "AutoScalingGroupName",
        "LaunchTemplate",
        "LaunchConfigurationName",
        "MixedInstancesPolicy",
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
    if params.get("MixedInstancesPolicy"):
        _note_policy(group)
    if "CapacityRebalance" in params:
        group.capacity_rebalance = params["CapacityRebalance"]


def _note_policy(group: Any) -> None:
    """With AWS's defaults; the version as it was asked for, as of a template alone."""
    policy = group.mixed_instances_policy
    policy["InstancesDistribution"] = {**DEFAULTS, **map_of(policy.get("InstancesDistribution"))}
    specification = policy["LaunchTemplate"]["LaunchTemplateSpecification"]
    group.provided_launch_template_version = specification.get("Version")


def asked_template(
    backend: AutoScalingBackend, specification: dict[str, Any] | None
) -> TemplateRequest:
    """The template and version of a LaunchTemplateSpecification.

    Raises:
        ValidationError: none is given, or both id and name, or it is not there.
    """
    asked = specification or {}
    if ("LaunchTemplateId" in asked) == ("LaunchTemplateName" in asked):
        raise ValidationError(
            "Valid requests must contain either launchTemplateId or LaunchTemplateName"
        )
    ec2 = backend.ec2_backend
    try:
        template = (
            ec2.get_launch_template(asked["LaunchTemplateId"])
            if "LaunchTemplateId" in asked
            else ec2.get_launch_template_by_name(asked["LaunchTemplateName"])
        )
    except ServiceException as error:
        raise ValidationError(str(error.message)) from error
    return TemplateRequest(template.id, template.name, asked.get("Version"))


def check_launchable(backend: AutoScalingBackend, request: TemplateRequest) -> None:
    """Refuse a template that cannot launch: AWS tries it when a group is set to it.

    Raises:
        ValidationError: no such version, or an image that does not exist.
    """
    try:
        image_of(backend.ec2_backend, resolved(backend.ec2_backend, request).data)
    except LaunchError as failure:
        raise ValidationError(
            f"You must use a valid fully-formed launch template. {failure}"
        ) from failure


def _checked_policy(policy: dict[str, Any]) -> dict[str, Any] | None:
    """The template of a mixed instances policy, of which the rehearsal can do all.

    Raises:
        ValidationError: something in it is not supported by the rehearsal.
    """
    launched: dict[str, Any] = policy.get("LaunchTemplate") or {}
    unknown = {name for each in launched.get("Overrides", ()) for name in each} - {"InstanceType"}
    if unknown:
        raise ValidationError(
            f"not supported by the rehearsal: {', '.join(sorted(unknown))} in Overrides"
        )
    distribution = map_of(policy.get("InstancesDistribution"))
    strategy = distribution.get("OnDemandAllocationStrategy")
    if strategy not in (None, DEFAULTS["OnDemandAllocationStrategy"]):
        raise ValidationError(
            f"OnDemandAllocationStrategy {strategy}: not supported by the rehearsal"
        )
    return launched.get("LaunchTemplateSpecification")


def check_source(backend: AutoScalingBackend, params: dict[str, Any]) -> None:
    """Refuse a group that has not exactly one thing to launch from, or one that cannot launch.

    Raises:
        ValidationError: no template and no configuration, both, or one that is not there.
    """
    name, mixed = params.get("LaunchConfigurationName"), params.get("MixedInstancesPolicy")
    if sum(map(bool, (name, mixed, params.get("LaunchTemplate")))) < 2 and name is None:
        template = _checked_policy(mixed) if mixed else params.get("LaunchTemplate")
        check_launchable(backend, asked_template(backend, template))
        return
    if params.get("LaunchTemplate") or mixed:
        raise ValidationError(
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, "
            "InstanceId or MixedInstancesPolicy parameter."
        )
    if name not in backend.launch_configurations:
        raise ValidationError(
            f"Launch configuration name not found - Launch configuration {name} not found"
        )
