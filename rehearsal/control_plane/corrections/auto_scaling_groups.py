"""Auto Scaling groups: a request is checked and noted; the reconciler carries it out."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult

from rehearsal.control_plane.autoscaling.group import GroupRecord
from rehearsal.control_plane.autoscaling.group_step import GroupStep
from rehearsal.control_plane.correction import Add, ComputedProperty, Correction, Replace
from rehearsal.control_plane.corrections.group_settings import (
    check_bounds,
    check_settings,
    check_source,
    check_target_groups,
    group_named,
    note_settings,
)
from rehearsal.control_plane.world import World, timestamp

_Original = Callable[..., Any]

_SOURCES = ("LaunchTemplate", "LaunchConfigurationName", "MixedInstancesPolicy")
GRANULARITY = "1Minute"
METRIC_NAMES = tuple(
    f"{scope}{name}"
    for scope, names in (
        ("Group", ("MinSize", "MaxSize", "DesiredCapacity")),
        (
            "Group",
            tuple(
                f"{state}{unit}"
                for state in ("InService", "Pending", "Standby", "Terminating", "Total")
                for unit in ("Instances", "Capacity")
            ),
        ),
        (
            "WarmPool",
            (
                "DesiredCapacity",
                "WarmedCapacity",
                "PendingCapacity",
                "TerminatingCapacity",
                "TotalCapacity",
                "MinSize",
            ),
        ),
        ("GroupAndWarmPool", ("DesiredCapacity", "TotalCapacity")),
    )
    for name in names
)
"""Source: Auto Scaling API Reference, EnableMetricsCollection.Metrics."""


def _create(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    params = self._get_params()
    backend = self.autoscaling_backend
    name = params["AutoScalingGroupName"]
    check_settings(params)
    if name in backend.autoscaling_groups:
        raise AutoscalingClientError(
            "AlreadyExists",
            "AutoScalingGroup by this name already exists - "
            f"A group with the name {name} already exists",
        )
    min_size, max_size = int(params["MinSize"]), int(params["MaxSize"])
    check_bounds(min_size, max_size, int(params.get("DesiredCapacity", min_size)))
    check_target_groups(backend, params.get("TargetGroupARNs", []))
    if not params.get("VPCZoneIdentifier"):
        raise ValidationError("not supported by the rehearsal: a group without VPCZoneIdentifier")
    check_source(backend, params)
    result = _in_autoscaling_words(lambda: original(self))
    group: Any = backend.autoscaling_groups[name]
    note_settings(group, params)
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


def _update(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    params, backend = self._get_params(), self.autoscaling_backend
    group = group_named(backend, params["AutoScalingGroupName"])
    check_settings(params)
    record = world.groups.setdefault(group.arn, GroupRecord())
    is_new_source = any(name in params for name in _SOURCES)
    policy = group.mixed_instances_policy
    if is_new_source:
        _refuse_during_refresh(record)
        check_source(backend, params)
    before, desired = int(group.desired_capacity), _desired_after(group, params)
    min_size = int(params.get("MinSize", group.min_size))
    max_size = int(params.get("MaxSize", group.max_size))
    check_bounds(min_size, max_size, desired)
    result = _in_autoscaling_words(lambda: original(self))
    if not is_new_source:
        group.mixed_instances_policy = policy
    note_settings(group, params)
    if is_new_source:
        _forget_other_source(group, params)
    group.desired_capacity = desired
    if desired != before:
        record.desired_cause = (
            "a user request update of AutoScalingGroup constraints to "
            f"min: {min_size}, max: {max_size}, desired: {desired} changing the desired capacity "
            f"from {before} to {desired}."
        )
    return result


def _forget_other_source(group: Any, params: dict[str, Any]) -> None:
    """A template takes the place of a configuration, and the other way round."""
    if "LaunchConfigurationName" not in params:
        group.launch_config, group.launch_configuration_name = None, None
    else:
        group.ec2_launch_template = None


def _refuse_during_refresh(record: GroupRecord) -> None:
    refresh = record.active_refresh
    if refresh is not None and refresh.desired is not None:
        raise AutoscalingClientError(
            "InstanceRefreshInProgress",
            "An active instance refresh with a desired configuration exists. All configuration "
            "options derived from the desired configuration are not available for update while "
            "the instance refresh is active.",
        )


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


def _template_alone(world: World, self: FakeAutoScalingGroup) -> dict[str, Any] | None:
    """A group with a mixed instances policy shows its template in the policy, and there only."""
    del world
    template: Any = self.ec2_launch_template
    if template is None or self.mixed_instances_policy:
        return None
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "Version": self.provided_launch_template_version,
    }


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
        ComputedProperty(FakeAutoScalingGroup, "launch_template", _template_alone),
        Replace(AutoScalingBackend, "update_attached_target_groups", _nothing),
        Replace(AutoScalingBackend, "update_attached_elbs", _nothing),
        Replace(AutoScalingBackend, "notify_terminate_instances", _nothing),
    ),
)


def _named(self: AutoScalingResponse) -> tuple[Any, list[str]]:
    """The group, and the metrics that the request is about: all of them when it names none."""
    params = self._get_params()
    group = group_named(self.autoscaling_backend, params["AutoScalingGroupName"])
    metrics = params.get("Metrics") or list(METRIC_NAMES)
    for metric in metrics:
        if metric not in METRIC_NAMES:
            raise ValidationError(f"Metric '{metric}' is not one of {', '.join(METRIC_NAMES)}")
    return group, metrics


def _enable(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del world, original
    group, metrics = _named(self)
    granularity = self._get_params().get("Granularity")
    if granularity != GRANULARITY:
        raise ValidationError(f"Granularity '{granularity}' must be {GRANULARITY}")
    group.metrics = [*group.metrics, *(one for one in metrics if one not in group.metrics)]
    return EmptyResult()


def _disable(world: World, self: AutoScalingResponse) -> ActionResult:
    del world
    group, metrics = _named(self)
    group.metrics = [one for one in group.metrics if one not in metrics]
    return EmptyResult()


GROUP_METRICS = Correction(
    name="auto-scaling-group-metrics",
    moto="Enabling metrics replaces those that are on; they cannot be disabled.",
    aws="Enabling adds to them and disabling takes away; naming none means all.",
    changes=(
        Replace(AutoScalingResponse, "enable_metrics_collection", _enable),
        Add(AutoScalingResponse, "disable_metrics_collection", _disable),
    ),
)
