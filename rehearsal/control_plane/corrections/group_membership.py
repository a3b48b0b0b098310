"""What is asked of single instances of an Auto Scaling group, and of its target groups."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from rehearsal.control_plane.autoscaling.group import Activity, Member, active
from rehearsal.control_plane.autoscaling.reconciler import GroupStep
from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.corrections.group_instances import described_activity
from rehearsal.control_plane.corrections.group_settings import (
    check_target_groups,
    group_named,
)
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]


PROCESSES = (
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
)
"""Source: Auto Scaling API Reference, SuspendProcesses."""


class _Groups(OrderedDict[str, Any]):
    """Groups by name; asking for one that is not there is AWS's error, not Python's."""

    def __missing__(self, name: str) -> Any:
        raise ValidationError(
            f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"
        )


def _new_backend(
    world: World, original: _Original, self: AutoScalingBackend, *args: Any, **kwargs: Any
) -> None:
    del world
    original(self, *args, **kwargs)
    self.autoscaling_groups = _Groups()


def _step_of(
    world: World, response: AutoScalingResponse, instance_id: str
) -> tuple[GroupStep, Member]:
    """The group that an instance is in, and it as a member.

    Raises:
        ValidationError: no group has it.
    """
    backend = response.autoscaling_backend
    for group in backend.autoscaling_groups.values():
        step = GroupStep(world, backend, group, world.clock.now())
        for member in step.members:
            if member.instance_id == instance_id:
                return step, member
    raise ValidationError(f"Instance Id not found - No managed instance found for {instance_id}")


def _set_health(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    """Unhealthy within the grace period is not taken, unless the call says to ignore it."""
    del original
    step, member = _step_of(world, self, self._get_param("InstanceId"))
    wanted = self._get_param("HealthStatus")
    if wanted not in ("Healthy", "Unhealthy"):
        raise ValidationError("Valid instance health states are: [Healthy, Unhealthy].")
    respects_grace = self._get_bool_param("ShouldRespectGracePeriod", True)
    if wanted == "Unhealthy" and respects_grace and step.is_in_grace(member):
        return EmptyResult()
    member.health_status = wanted
    return EmptyResult()


def _terminate(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del original
    step, member = _step_of(world, self, self._get_param("InstanceId"))
    decrements = self._get_bool_param("ShouldDecrementDesiredCapacity", False)
    cause = "instance was taken out of service in response to a user request"
    if decrements:
        cause += _decrement(step, 1)
    step.terminate(member, f"{cause}.")
    assert member.termination is not None
    return ActionResult({"Activity": described_activity(step.group, member.termination)})


def _decrement(step: GroupStep, count: int) -> str:
    """Lower the desired capacity by `count`; the end of the activity's cause is returned."""
    before = int(step.group.desired_capacity)
    if before - count < int(step.group.min_size):
        raise ValidationError(
            f"Currently, desiredSize equals minSize ({step.group.min_size}). Terminating instance "
            "without replacement will violate group's min size constraint. Either set "
            "shouldDecrementDesiredCapacity flag to false or lower group's min size."
        )
    step.group.desired_capacity = before - count
    return f", shrinking the capacity from {before} to {before - count}"


def _detach(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    """Out of the group and its target groups; the instance itself runs on."""
    del original
    wanted = self._get_param("InstanceIds", [])
    group = group_named(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
    step = GroupStep(world, self.autoscaling_backend, group, world.clock.now())
    members = {m.instance_id: m for m in active(step.members)}
    missing = [instance_id for instance_id in wanted if instance_id not in members]
    if missing:
        raise ValidationError(f"The instance {missing[0]} is not part of Auto Scaling group")
    if self._get_bool_param("ShouldDecrementDesiredCapacity", False):
        _decrement(step, len(wanted))
    activities = [_detached(step, members[instance_id]) for instance_id in wanted]
    return ActionResult({"Activities": [described_activity(group, a) for a in activities]})


def _detached(step: GroupStep, member: Member) -> Activity:
    activity = step.record.begin(
        f"Detaching EC2 instance: {member.instance_id}",
        "instance was detached in response to a user request.",
        step.now,
    )
    activity.finish(step.now)
    for arn in member.attached:
        step.world.targets.deregister(arn, member.instance_id, None, step.now)
    step.members.remove(member)
    member.instance.ec2_backend.delete_tag_keys([member.instance_id], ["aws:autoscaling:groupName"])
    return activity


def _attach_target_groups(
    world: World,
    original: _Original,
    self: AutoScalingBackend,
    group_name: str,
    target_group_arns: list[str],
) -> None:
    check_target_groups(self, target_group_arns)
    del world
    original(self, group_name, target_group_arns)


def _detach_target_groups(
    world: World,
    original: _Original,
    self: AutoScalingBackend,
    group_name: str,
    target_group_arns: list[str],
) -> None:
    """The next tick deregisters the instances."""
    del world, original
    group = group_named(self, group_name)
    group.target_group_arns = [a for a in group.target_group_arns if a not in target_group_arns]


def _describe_target_groups(
    world: World, original: _Original, self: AutoScalingResponse
) -> ActionResult:
    del original
    group = group_named(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
    step = GroupStep(world, self.autoscaling_backend, group, world.clock.now())
    described = [
        {"LoadBalancerTargetGroupARN": arn, "State": attachment_state(step, arn)}
        for arn in group.target_group_arns
    ]
    return ActionResult({"LoadBalancerTargetGroups": described})


def attachment_state(step: GroupStep, arn: str) -> str:
    """Adding until all are registered, InService once one of them is healthy."""
    members = list(active(step.members))
    if not all(arn in member.attached for member in members):
        return "Adding"
    healthy = any(r.state.state == "healthy" for r in step.world.targets.active(arn))
    return "InService" if healthy else "Added"


def _suspend(
    world: World,
    original: _Original,
    self: AutoScalingBackend,
    group_name: str,
    scaling_processes: list[str],
) -> None:
    del world
    for process in scaling_processes:
        if process not in PROCESSES:
            raise ValidationError(f"Process {process} is not one of {', '.join(PROCESSES)}")
    original(self, group_name, scaling_processes)


MEMBERSHIP = Correction(
    name="group-membership",
    moto=(
        "An instance called unhealthy stays; one that is to be terminated or detached goes at "
        "once, whatever the minimum; an unknown group is a Python error."
    ),
    aws=(
        "Unhealthy ones are replaced, after the grace period unless told otherwise; they leave "
        "their target groups first; the desired capacity does not fall below the minimum."
    ),
    changes=(
        Replace(AutoScalingBackend, "__init__", _new_backend),
        Replace(AutoScalingBackend, "suspend_processes", _suspend),
        Replace(AutoScalingResponse, "set_instance_health", _set_health),
        Replace(AutoScalingResponse, "terminate_instance_in_auto_scaling_group", _terminate),
        Replace(AutoScalingResponse, "detach_instances", _detach),
        Replace(AutoScalingBackend, "attach_load_balancer_target_groups", _attach_target_groups),
        Replace(AutoScalingBackend, "detach_load_balancer_target_groups", _detach_target_groups),
        Replace(
            AutoScalingResponse, "describe_load_balancer_target_groups", _describe_target_groups
        ),
    ),
)
