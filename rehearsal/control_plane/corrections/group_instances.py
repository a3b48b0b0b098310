"""The instances of Auto Scaling groups and what happened to them, as the API tells it."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from rehearsal.control_plane.autoscaling.group import Activity, GroupRecord, Member
from rehearsal.control_plane.clock import timestamp
from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.corrections.group_settings import group_named
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]


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
