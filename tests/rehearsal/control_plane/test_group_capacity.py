"""Groups keep their capacity, within their bounds and in every zone."""

from __future__ import annotations

from tests.rehearsal.control_plane.aws import Aws, refusal
from tests.rehearsal.control_plane.groups import activities, ids, serving, update


def test_instances_are_pending_and_then_in_service_before_they_are_healthy(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 1))
    name = aws.group(aws.template(), size=2, TargetGroupARNs=[arn])

    pending = [i["LifecycleState"] for i in aws.instances(name)]
    aws.pass_seconds(1)

    assert pending == ["Pending", "Pending"]
    assert [i["LifecycleState"] for i in aws.instances(name)] == ["InService", "InService"]
    assert aws.states(arn) == ["initial", "initial"]


def test_instances_are_spread_over_the_zones(aws: Aws) -> None:
    name = aws.group(aws.template(), size=4)

    zones = sorted(i["AvailabilityZone"] for i in aws.instances(name))

    assert zones == ["us-east-1a", "us-east-1a", "us-east-1b", "us-east-1b"]


def test_a_minimum_above_the_desired_capacity_raises_it_and_a_maximum_below_lowers_it(
    aws: Aws,
) -> None:
    name = aws.group(aws.template(), size=2)

    update(aws, name, MinSize=3)
    raised = aws.described(name)["DesiredCapacity"], len(aws.instances(name))
    update(aws, name, MinSize=0, MaxSize=1)

    assert raised == (3, 3)
    assert aws.described(name)["DesiredCapacity"] == 1


def test_a_desired_capacity_outside_the_bounds_is_refused(aws: Aws) -> None:
    name = aws.group(aws.template(), size=2)
    call = aws.autoscaling.set_desired_capacity

    codes = {refusal(call, AutoScalingGroupName=name, DesiredCapacity=size)[0] for size in (1, 11)}

    assert codes == {"ValidationError"}
    assert aws.described(name)["DesiredCapacity"] == 2


def test_a_minimum_over_the_maximum_is_refused(aws: Aws) -> None:
    name = aws.group(aws.template(), size=2)

    code, _ = refusal(update, aws=aws, name=name, MinSize=5, MaxSize=4)

    assert code == "ValidationError"


def test_a_group_with_launch_suspended_launches_when_it_is_resumed(aws: Aws) -> None:
    name = aws.group(aws.template(), size=0)
    aws.autoscaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch"])

    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2)
    aws.pass_seconds(10)
    suspended = len(aws.instances(name))
    aws.autoscaling.resume_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch"])

    assert suspended == 0
    assert len(aws.instances(name)) == 2


def test_every_launch_and_termination_is_an_activity_with_its_cause(aws: Aws) -> None:
    name, _ = serving(aws, size=1, drain_seconds=10)
    (launched,) = activities(aws, name)
    update(aws, name, MinSize=0, DesiredCapacity=0)
    draining = activities(aws, name)[0]
    aws.pass_seconds(15)

    assert launched["Description"].startswith("Launching a new EC2 instance: i-")
    assert launched["StatusCode"] == "Successful"
    assert draining["Description"].startswith("Terminating EC2 instance: i-")
    assert draining["StatusCode"] == "WaitingForELBConnectionDraining"
    assert "from 1 to 0" in draining["Cause"]
    assert activities(aws, name)[0]["StatusCode"] == "Successful"


def test_a_groups_name_is_taken_once(aws: Aws) -> None:
    template_id = aws.template()
    name = aws.group(template_id, size=1)

    code, _ = refusal(aws.group, template_id=template_id, AutoScalingGroupName=name)

    assert code == "AlreadyExists"


def test_a_group_with_instances_is_deleted_by_force_only_and_its_policies_with_it(
    aws: Aws,
) -> None:
    name, arn = serving(aws, size=1)
    (instance_id,) = ids(aws, name)
    aws.autoscaling.put_scaling_policy(
        AutoScalingGroupName=name,
        PolicyName="load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 50,
        },
    )

    code, _ = refusal(aws.autoscaling.delete_auto_scaling_group, AutoScalingGroupName=name)
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)

    assert code == "ResourceInUse"
    assert aws.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert aws.autoscaling.describe_policies()["ScalingPolicies"] == []
    assert aws.health(arn) == {instance_id: ("draining", "Target.DeregistrationInProgress")}
