"""Single instances of Auto Scaling groups: their health, their end, and what happened to them."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, cast

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from rehearsal.control_plane.autoscaling.group import Activity, GroupRecord, Member, active
from rehearsal.control_plane.autoscaling.group_step import GroupStep
from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.corrections.group_settings import group_named
from rehearsal.control_plane.world import World, timestamp

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


def described_activity(group: Any, activity: Activity) -> dict[str, Any]:
    """An activity of moto's group `group`, in the API's form."""
    ended = None if activity.ended_at is None else timestamp(activity.ended_at)
    return {
        "ActivityId": activity.activity_id,
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": timestamp(activity.started_at),
        "EndTime": ended,
        "StatusCode": activity.status,
        "StatusMessage": activity.message,
        "Progress": 50 if ended is None else 100,
        "Details": "{}",
    }


def _describe_scaling_activities(
    world: World, original: _Original, self: AutoScalingResponse
) -> ActionResult:
    del original
    backend = self.autoscaling_backend
    name = self._get_param("AutoScalingGroupName")
    groups = [group_named(backend, name)] if name else list(backend.autoscaling_groups.values())
    wanted = self._get_param("ActivityIds", [])
    activities = [
        described_activity(group, activity)
        for group in groups
        for activity in world.groups.setdefault(group.arn, GroupRecord()).activities
        if not wanted or activity.activity_id in wanted
    ]
    return ActionResult({"Activities": activities[: self._get_int_param("MaxRecords", 100)]})


def _describe_instances(
    world: World, original: _Original, self: AutoScalingResponse
) -> ActionResult:
    del world, original
    wanted = self._get_param("InstanceIds", [])
    details = [
        {
            "InstanceId": m.instance_id,
            "InstanceType": m.instance_type,
            "AutoScalingGroupName": m.auto_scaling_group_name,
            "AvailabilityZone": m.availability_zone,
            "LifecycleState": m.lifecycle_state,
            "HealthStatus": m.health_status.upper(),
            "LaunchTemplate": m.launch_template,
            "LaunchConfigurationName": m.launch_configuration_name,
            "ImageId": m.image_id,
            "ProtectedFromScaleIn": m.protected_from_scale_in,
        }
        for group in self.autoscaling_backend.autoscaling_groups.values()
        for m in cast("list[Member]", group.instance_states)
        if not wanted or m.instance_id in wanted
    ]
    return ActionResult({"AutoScalingInstances": details})


OWN_VERSIONS = Correction(
    name="instance-template-versions",
    moto="Each instance shows the launch template version that the group was made with.",
    aws="Each instance shows the version that it was launched from; its image too.",
    changes=(Replace(AutoScalingResponse, "describe_auto_scaling_instances", _describe_instances),),
)

ACTIVITIES = Correction(
    name="scaling-activities",
    moto="DescribeScalingActivities is always empty.",
    aws="Every launch and termination is an activity with its cause and how it ended.",
    changes=(
        Replace(AutoScalingResponse, "describe_scaling_activities", _describe_scaling_activities),
    ),
)


class _Groups(OrderedDict[str, Any]):
    """Groups by name; asking for an unknown one is AWS's error, not Python's."""

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
    """Unhealthy within the grace period is not taken, unless the call ignores it."""
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
        "Unhealthy ones are replaced, after the grace period unless the call ignores it; they "
        "leave their target groups first; the desired capacity does not fall below the minimum."
    ),
    changes=(
        Replace(AutoScalingBackend, "__init__", _new_backend),
        Replace(AutoScalingBackend, "suspend_processes", _suspend),
        Replace(AutoScalingResponse, "set_instance_health", _set_health),
        Replace(AutoScalingResponse, "terminate_instance_in_auto_scaling_group", _terminate),
        Replace(AutoScalingResponse, "detach_instances", _detach),
    ),
)
