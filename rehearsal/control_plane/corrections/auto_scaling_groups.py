"""Auto Scaling groups: what is asked of them is checked and noted; the reconciler does it."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore import xform_name
from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult

from rehearsal.control_plane.autoscaling.group import GroupRecord
from rehearsal.control_plane.autoscaling.launching import (
    LaunchError,
    requested_template,
    resolved,
)
from rehearsal.control_plane.autoscaling.reconciler import GroupStep
from rehearsal.control_plane.autoscaling.termination import POLICIES
from rehearsal.control_plane.clock import timestamp
from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

_SUPPORTED = frozenset(
    [
        "AutoScalingGroupName",
        "LaunchTemplate",
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

_DELETION_PROTECTION = ("none", "prevent-force-deletion", "prevent-all-deletion")


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


def _check_bounds(min_size: int, max_size: int, desired: int) -> None:
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


def _check_deletion_protection(params: dict[str, Any]) -> None:
    given = params.get("DeletionProtection", "none")
    if given not in _DELETION_PROTECTION:
        raise ValidationError(
            f"DeletionProtection '{given}' must be one of {', '.join(_DELETION_PROTECTION)}"
        )


def check_target_groups(backend: AutoScalingBackend, arns: list[str]) -> None:
    """Refuse target groups that are not there."""
    if any(arn not in backend.elbv2_backend.target_groups for arn in arns):
        raise ValidationError(
            "Provided Target Groups may not be valid. Please ensure they exist and try again."
        )


def _check_template(backend: AutoScalingBackend, group: Any) -> None:
    """The template must be able to launch: AWS tries it when a group is set to it."""
    try:
        version = resolved(backend.ec2_backend, requested_template(group))
    except LaunchError as failure:
        raise ValidationError(
            f"You must use a valid fully-formed launch template. {failure}"
        ) from failure
    image_id = version.data.get("ImageId", "")
    if image_id not in backend.ec2_backend.amis:
        raise ValidationError(
            "You must use a valid fully-formed launch template. "
            f"The image id '[{image_id}]' does not exist"
        )


def _create(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    params = self._get_params()
    backend = self.autoscaling_backend
    name = params["AutoScalingGroupName"]
    _refuse_unsupported(params)
    if name in backend.autoscaling_groups:
        raise AutoscalingClientError(
            "AlreadyExists",
            "AutoScalingGroup by this name already exists - "
            f"A group with the name {name} already exists",
        )
    min_size, max_size = int(params["MinSize"]), int(params["MaxSize"])
    _check_bounds(min_size, max_size, int(params.get("DesiredCapacity", min_size)))
    _check_termination_policies(params.get("TerminationPolicies", []))
    _check_deletion_protection(params)
    check_target_groups(backend, params.get("TargetGroupARNs", []))
    if not params.get("VPCZoneIdentifier"):
        raise ValidationError("not supported by the rehearsal: a group without VPCZoneIdentifier")
    result = _in_autoscaling_words(lambda: original(self))
    group: Any = backend.autoscaling_groups[name]
    try:
        _check_template(backend, group)
    except ValidationError:
        del backend.autoscaling_groups[name]
        raise
    _note_settings(group, params)
    group.health_check_grace_period = int(params.get("HealthCheckGracePeriod", 0))
    group.created_time = timestamp(world.clock.now())
    record = world.groups.setdefault(group.arn, GroupRecord())
    record.desired_cause = (
        "a user request created an AutoScalingGroup changing the desired capacity "
        f"from 0 to {group.desired_capacity}."
    )
    return result


def _in_autoscaling_words(call: Callable[[], Any]) -> Any:
    """EC2's refusals reach the caller of Auto Scaling as its own ValidationError."""
    try:
        return call()
    except AutoscalingClientError:
        raise
    except ServiceException as error:
        raise ValidationError(str(error.message)) from error


def _note_settings(group: Any, params: dict[str, Any]) -> None:
    """Settings that moto's group takes only at creation, or not at all."""
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


def _update(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    params = self._get_params()
    group = group_named(self.autoscaling_backend, params["AutoScalingGroupName"])
    _refuse_unsupported(params)
    _check_termination_policies(params.get("TerminationPolicies", []))
    _check_deletion_protection(params)
    record = world.groups.setdefault(group.arn, GroupRecord())
    if "LaunchTemplate" in params and _has_desired_configuration(record):
        raise AutoscalingClientError(
            "InstanceRefreshInProgress",
            "An active instance refresh with a desired configuration exists. All configuration "
            "options derived from the desired configuration are not available for update while "
            "the instance refresh is active.",
        )
    before = int(group.desired_capacity)
    desired = _desired_after(group, params)
    min_size = int(params.get("MinSize", group.min_size))
    max_size = int(params.get("MaxSize", group.max_size))
    _check_bounds(min_size, max_size, desired)
    template = (
        group.ec2_launch_template,
        group.launch_template_version,
        group.provided_launch_template_version,
    )
    result = _in_autoscaling_words(lambda: original(self))
    if "LaunchTemplate" in params:
        try:
            _check_template(self.autoscaling_backend, group)
        except ValidationError:
            (
                group.ec2_launch_template,
                group.launch_template_version,
                group.provided_launch_template_version,
            ) = template
            raise
    _note_settings(group, params)
    group.desired_capacity = desired
    if desired != before:
        record.desired_cause = (
            "a user request update of AutoScalingGroup constraints to "
            f"min: {min_size}, max: {max_size}, desired: {desired} changing the desired capacity "
            f"from {before} to {desired}."
        )
    return result


def _has_desired_configuration(record: GroupRecord) -> bool:
    refresh = record.active_refresh
    return refresh is not None and refresh.desired is not None


def _desired_after(group: Any, params: dict[str, Any]) -> int:
    """A new minimum or maximum takes the desired capacity with it, where none is given."""
    if "DesiredCapacity" in params:
        return int(params["DesiredCapacity"])
    desired = int(group.desired_capacity)
    desired = max(desired, int(params.get("MinSize", desired)))
    return min(desired, int(params.get("MaxSize", desired)))


def _note_desired_capacity(
    world: World, original: _Original, self: FakeAutoScalingGroup, new_capacity: int | None
) -> None:
    del world, original
    self.desired_capacity = self.min_size if new_capacity is None else new_capacity


def _set_desired_capacity(
    world: World,
    original: _Original,
    self: AutoScalingBackend,
    group_name: str,
    desired_capacity: int,
) -> None:
    del original
    group = group_named(self, group_name)
    if desired_capacity > group.max_size:
        raise ValidationError(
            f"New SetDesiredCapacity value {desired_capacity} is above max value "
            f"{group.max_size} for the AutoScalingGroup."
        )
    if desired_capacity < group.min_size:
        raise ValidationError(
            f"New SetDesiredCapacity value {desired_capacity} is below min value "
            f"{group.min_size} for the AutoScalingGroup."
        )
    record = world.groups.setdefault(group.arn, GroupRecord())
    record.desired_cause = (
        "a user request explicitly set group desired capacity changing the desired capacity "
        f"from {group.desired_capacity} to {desired_capacity}."
    )
    group.desired_capacity = desired_capacity


def _nothing(world: World, original: _Original, self: Any, *args: Any) -> None:
    """Left to the reconciler, which attaches, registers and replaces."""
    del world, original, self, args


def _delete(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del original
    backend = self.autoscaling_backend
    group = group_named(backend, self._get_param("AutoScalingGroupName"))
    step = GroupStep(world, backend, group, world.clock.now())
    is_forced = self._get_bool_param("ForceDelete", False)
    _refuse_protected(group, is_forced=is_forced)
    if step.members:
        if not is_forced:
            raise AutoscalingClientError(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot "
                "instance request(s) still in the group.",
            )
        for member in step.members:
            for arn in member.attached:
                world.targets.deregister(arn, member.instance_id, None, step.now)
        backend.ec2_backend.terminate_instances([m.instance_id for m in step.members])
    del backend.autoscaling_groups[group.name]
    world.groups.pop(group.arn, None)
    for key in [k for k, p in backend.policies.items() if p.auto_scaling_group_name == group.name]:
        del backend.policies[key]
    return EmptyResult()


def _refuse_protected(group: Any, *, is_forced: bool) -> None:
    protection = group.deletion_protection
    if protection == "prevent-all-deletion" or (is_forced and protection != "none"):
        raise ValidationError(
            f"You cannot delete the AutoScalingGroup {group.name} because its deletion protection "
            f"is {protection}."
        )


CAPACITY = Correction(
    name="auto-scaling-capacity",
    moto=(
        "Any minimum, maximum and desired capacity is taken; instances start and end inside the "
        "request; the deleted group's policies stay."
    ),
    aws=(
        "Desired lies between minimum and maximum, and moves with them; instances follow it as "
        "time goes by; a group with instances is deleted only by force, its policies with it."
    ),
    changes=(
        Replace(AutoScalingResponse, "create_auto_scaling_group", _create),
        Replace(AutoScalingResponse, "update_auto_scaling_group", _update),
        Replace(AutoScalingResponse, "delete_auto_scaling_group", _delete),
        Replace(AutoScalingBackend, "set_desired_capacity", _set_desired_capacity),
        Replace(FakeAutoScalingGroup, "set_desired_capacity", _note_desired_capacity),
        Replace(AutoScalingBackend, "update_attached_target_groups", _nothing),
        Replace(AutoScalingBackend, "update_attached_elbs", _nothing),
        Replace(AutoScalingBackend, "notify_terminate_instances", _nothing),
    ),
)
