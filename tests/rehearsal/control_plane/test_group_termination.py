"""Who goes when a group shrinks, and how."""

from __future__ import annotations

import pytest

from tests.rehearsal.control_plane.aws import V1, V2, Aws, refusal
from tests.rehearsal.control_plane.groups import ids, serving, update


def two_of_each_version(aws: Aws, *policies: str) -> str:
    """A group of two older instances of version 1 and two newer ones of version 2, in two zones."""
    template_id = aws.template(V1)
    name = aws.group(template_id, size=2, TerminationPolicies=list(policies))
    aws.pass_seconds(100)
    version = aws.version(template_id, V2)
    update(
        aws,
        name,
        LaunchTemplate={"LaunchTemplateId": template_id, "Version": version},
        MinSize=4,
    )
    aws.pass_seconds(10)
    return name


def versions(aws: Aws, name: str) -> list[str]:
    return sorted(i["LaunchTemplate"]["Version"] for i in aws.instances(name, "InService"))


def test_an_instance_that_goes_drains_first_and_is_then_terminated(aws: Aws) -> None:
    name, arn = serving(aws, size=2, drain_seconds=30)

    update(aws, name, MinSize=1, DesiredCapacity=1)
    (gone,) = ids(aws, name, "Terminating")
    aws.pass_seconds(29)
    draining = aws.health(arn)[gone]
    still_there = ids(aws, name, "Terminating")
    aws.pass_seconds(2)

    assert draining == ("draining", "Target.DeregistrationInProgress")
    assert still_there == [gone]
    assert gone not in ids(aws, name)
    (described,) = aws.ec2.describe_instances(InstanceIds=[gone])["Reservations"]
    assert described["Instances"][0]["State"]["Name"] == "terminated"


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        ("OldestLaunchTemplate", ["2", "2"]),
        ("OldestInstance", ["2", "2"]),
        ("NewestInstance", ["1", "1"]),
        ("Default", ["2", "2"]),
    ],
)
def test_the_termination_policy_decides_who_goes(aws: Aws, policy: str, left: list[str]) -> None:
    name = two_of_each_version(aws, policy)
    before = versions(aws, name)

    update(aws, name, MinSize=2, DesiredCapacity=2)
    aws.pass_seconds(5)

    assert before == ["1", "1", "2", "2"]
    assert versions(aws, name) == left


def test_the_balance_of_the_zones_comes_before_the_policy(aws: Aws) -> None:
    name = aws.group(aws.template(), size=3, TerminationPolicies=["OldestInstance"])
    aws.pass_seconds(5)
    zones = [i["AvailabilityZone"] for i in aws.instances(name)]
    fullest = max(set(zones), key=zones.count)

    update(aws, name, MinSize=2, DesiredCapacity=2)
    aws.pass_seconds(5)

    left = [i["AvailabilityZone"] for i in aws.instances(name)]
    assert left.count(fullest) == 1


def test_an_instance_protected_from_scale_in_stays(aws: Aws) -> None:
    name = aws.group(aws.template(), size=3)
    aws.pass_seconds(5)
    kept = ids(aws, name)[:2]
    aws.autoscaling.set_instance_protection(
        AutoScalingGroupName=name, InstanceIds=kept, ProtectedFromScaleIn=True
    )

    update(aws, name, MinSize=1, DesiredCapacity=1)
    aws.pass_seconds(5)

    assert sorted(ids(aws, name)) == sorted(kept)


def test_a_terminated_instance_is_replaced_unless_the_desired_capacity_goes_with_it(
    aws: Aws,
) -> None:
    name, _ = serving(aws, size=1, drain_seconds=5)
    update(aws, name, DesiredCapacity=3)
    aws.pass_seconds(3)
    one, two, _ = ids(aws, name, "InService")
    terminate = aws.autoscaling.terminate_instance_in_auto_scaling_group

    terminate(InstanceId=one, ShouldDecrementDesiredCapacity=False)
    aws.pass_seconds(8)
    replaced = len(ids(aws, name)), aws.described(name)["DesiredCapacity"]
    terminate(InstanceId=two, ShouldDecrementDesiredCapacity=True)
    aws.pass_seconds(8)

    assert replaced == (3, 3)
    assert (len(ids(aws, name)), aws.described(name)["DesiredCapacity"]) == (2, 2)


def test_the_desired_capacity_does_not_fall_below_the_minimum_by_a_termination(aws: Aws) -> None:
    name, _ = serving(aws, size=1)

    code, _ = refusal(
        aws.autoscaling.terminate_instance_in_auto_scaling_group,
        InstanceId=ids(aws, name)[0],
        ShouldDecrementDesiredCapacity=True,
    )

    assert code == "ValidationError"


def test_a_detached_instance_runs_on_outside_its_group(aws: Aws) -> None:
    name, arn = serving(aws, size=2)
    update(aws, name, MinSize=1)
    leaving, staying = ids(aws, name)

    aws.autoscaling.detach_instances(
        AutoScalingGroupName=name, InstanceIds=[leaving], ShouldDecrementDesiredCapacity=True
    )
    aws.pass_seconds(3)

    (reservation,) = aws.ec2.describe_instances(InstanceIds=[leaving])["Reservations"]
    assert ids(aws, name) == [staying]
    assert reservation["Instances"][0]["State"]["Name"] == "running"
    assert aws.health(arn)[leaving][0] == "draining"
