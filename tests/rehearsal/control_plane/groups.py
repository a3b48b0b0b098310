"""Short ways to ask for Auto Scaling groups and look at them."""

from __future__ import annotations

from typing import Any

from tests.rehearsal.control_plane.aws import Aws

NEVER_HEALTHY = "ami-0fa11bad000000001"


def serving(aws: Aws, size: int = 2, drain_seconds: int = 30, **settings: Any) -> tuple[str, str]:
    """Name and target group ARN of a group whose instances are healthy."""
    arn = aws.target_group(drain_seconds=drain_seconds)
    aws.rule((arn, 1))
    name = aws.group(aws.template(), size, TargetGroupARNs=[arn], **settings)
    aws.pass_seconds(5)
    return name, arn


def update(aws: Aws, name: str, **settings: Any) -> None:
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, **settings)


def ids(aws: Aws, name: str, *states: str) -> list[str]:
    return [i["InstanceId"] for i in aws.instances(name, *states)]


def activities(aws: Aws, name: str) -> list[dict[str, Any]]:
    found = aws.autoscaling.describe_scaling_activities(AutoScalingGroupName=name)
    return found["Activities"]
