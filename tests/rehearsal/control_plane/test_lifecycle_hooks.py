"""Lifecycle hooks hold instances of a group."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import Aws, refusal
from tests.rehearsal.control_plane.groups import ids, update

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


def hooked(aws: Aws, transition: str, **settings: Any) -> tuple[str, str]:
    """Name and target group ARN of an empty group with a hook."""
    arn = aws.target_group(drain_seconds=0)
    aws.rule((arn, 1))
    name = aws.group(aws.template(), size=0, TargetGroupARNs=[arn])
    aws.autoscaling.put_lifecycle_hook(
        AutoScalingGroupName=name,
        LifecycleHookName="hook",
        LifecycleTransition=transition,
        HeartbeatTimeout=60,
        **settings,
    )
    return name, arn


def complete(aws: Aws, name: str, instance_id: str, result: str) -> None:
    aws.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName=name,
        LifecycleHookName="hook",
        InstanceId=instance_id,
        LifecycleActionResult=result,
    )


def test_an_instance_is_registered_and_in_service_once_its_launch_hook_is_completed(
    aws: Aws,
) -> None:
    name, arn = hooked(aws, LAUNCHING)
    update(aws, name, MinSize=1)
    aws.pass_seconds(10)
    held = aws.instances(name)[0]["LifecycleState"], aws.health(arn)
    (instance_id,) = ids(aws, name)

    complete(aws, name, instance_id, "CONTINUE")
    aws.pass_seconds(15)

    assert held == ("Pending:Wait", {})
    assert ids(aws, name, "InService") == [instance_id]
    assert aws.health(arn)[instance_id][0] == "healthy"


@pytest.mark.parametrize("result", ["ABANDON", "CONTINUE"])
def test_a_hook_that_nobody_completes_takes_its_default_after_the_heartbeat(
    aws: Aws, result: str
) -> None:
    name, _ = hooked(aws, LAUNCHING, DefaultResult=result)
    update(aws, name, MinSize=1)
    aws.pass_seconds(10)
    (held,) = ids(aws, name)

    aws.pass_seconds(65)

    assert (held in ids(aws, name, "InService")) is (result == "CONTINUE")
    assert (held in ids(aws, name)) is (result == "CONTINUE")


def test_a_heartbeat_holds_an_instance_for_longer(aws: Aws) -> None:
    name, _ = hooked(aws, LAUNCHING)
    update(aws, name, MinSize=1)
    aws.pass_seconds(40)
    (instance_id,) = ids(aws, name)

    aws.autoscaling.record_lifecycle_action_heartbeat(
        AutoScalingGroupName=name, LifecycleHookName="hook", InstanceId=instance_id
    )
    aws.pass_seconds(40)

    assert ids(aws, name, "Pending:Wait") == [instance_id]


def test_an_instance_that_ends_waits_for_its_hook(aws: Aws) -> None:
    name, _ = hooked(aws, TERMINATING)
    update(aws, name, MinSize=1)
    aws.pass_seconds(10)
    (instance_id,) = ids(aws, name, "InService")
    aws.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=instance_id, ShouldDecrementDesiredCapacity=False
    )
    aws.pass_seconds(10)
    held = ids(aws, name, "Terminating:Wait")

    complete(aws, name, instance_id, "CONTINUE")
    aws.pass_seconds(5)

    assert held == [instance_id]
    assert instance_id not in ids(aws, name)


def test_a_hook_is_described_changed_and_deleted(aws: Aws) -> None:
    name, _ = hooked(aws, LAUNCHING, NotificationMetadata="web")

    aws.autoscaling.put_lifecycle_hook(
        AutoScalingGroupName=name, LifecycleHookName="hook", HeartbeatTimeout=90
    )
    (hook,) = aws.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    aws.autoscaling.delete_lifecycle_hook(AutoScalingGroupName=name, LifecycleHookName="hook")

    assert hook == {
        "LifecycleHookName": "hook",
        "AutoScalingGroupName": name,
        "LifecycleTransition": LAUNCHING,
        "HeartbeatTimeout": 90,
        "GlobalTimeout": 9000,
        "DefaultResult": "ABANDON",
        "NotificationMetadata": "web",
    }
    found = aws.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)
    assert found["LifecycleHooks"] == []


def test_an_action_that_nothing_waits_for_cannot_be_completed(aws: Aws) -> None:
    name, _ = hooked(aws, LAUNCHING)

    code, _ = refusal(complete, aws=aws, name=name, instance_id="i-1", result="CONTINUE")

    assert code == "ValidationError"
