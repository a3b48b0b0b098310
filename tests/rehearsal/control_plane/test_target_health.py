"""Targets move through AWS's states."""

from __future__ import annotations

import pytest

from tests.rehearsal.control_plane.aws import V1, Aws, refusal

NEVER_HEALTHY = "ami-0fa11bad000000001"


def attributes(aws: Aws, arn: str, **values: str) -> None:
    aws.elbv2.modify_target_group_attributes(
        TargetGroupArn=arn,
        Attributes=[{"Key": k.replace("__", "."), "Value": v} for k, v in values.items()],
    )


def instance(aws: Aws, zone: int = 0) -> str:
    """Id of an instance that no group has."""
    return aws.ec2.run_instances(ImageId=V1, MinCount=1, MaxCount=1, SubnetId=aws.subnet_ids[zone])[
        "Instances"
    ][0]["InstanceId"]


def register(aws: Aws, arn: str, target_id: str, **port: int) -> None:
    aws.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": target_id, **port}])


def test_a_target_is_initial_until_its_instance_has_booted_and_then_healthy(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 100))
    name = aws.group(aws.template(), size=2, TargetGroupARNs=[arn])

    aws.pass_seconds(1)
    booting = aws.health(arn)
    aws.pass_seconds(2)

    ids = [i["InstanceId"] for i in aws.instances(name)]
    assert booting == dict.fromkeys(ids, ("initial", "Elb.InitialHealthChecking"))
    assert aws.health(arn) == dict.fromkeys(ids, ("healthy", None))


def test_targets_are_unused_until_a_rule_refers_to_their_group_whatever_its_weight(
    aws: Aws,
) -> None:
    arn, other = aws.target_group(), aws.target_group()
    aws.group(aws.template(), size=1, TargetGroupARNs=[arn])
    aws.pass_seconds(60)
    unreferenced = list(aws.health(arn).values())

    aws.rule((arn, 0), (other, 100))
    referenced = list(aws.health(arn).values())
    aws.pass_seconds(1)

    assert unreferenced == [("unused", "Target.NotInUse")]
    assert referenced == [("initial", "Elb.InitialHealthChecking")]
    assert aws.states(arn) == ["healthy"]


def test_targets_are_unused_again_when_the_last_rule_lets_go_of_their_group(aws: Aws) -> None:
    arn = aws.target_group()
    rule = aws.rule((arn, 1))
    aws.group(aws.template(), size=1, TargetGroupARNs=[arn])
    aws.pass_seconds(3)
    used = aws.states(arn)

    aws.elbv2.delete_rule(RuleArn=rule)

    assert (used, aws.states(arn)) == (["healthy"], ["unused"])


def test_a_deregistered_target_drains_for_the_deregistration_delay_and_is_then_gone(
    aws: Aws,
) -> None:
    arn, target_id = aws.target_group(drain_seconds=30), instance(aws)
    aws.rule((arn, 1))
    register(aws, arn, target_id)
    aws.pass_seconds(5)

    aws.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": target_id}])
    aws.pass_seconds(29)
    draining = aws.health(arn)
    aws.pass_seconds(1)
    asked_for = aws.elbv2.describe_target_health(TargetGroupArn=arn, Targets=[{"Id": target_id}])[
        "TargetHealthDescriptions"
    ][0]["TargetHealth"]

    assert draining == {target_id: ("draining", "Target.DeregistrationInProgress")}
    assert aws.health(arn) == {}
    assert (asked_for["State"], asked_for["Reason"]) == ("unused", "Target.NotRegistered")


def test_a_draining_target_that_is_registered_again_starts_from_the_beginning(aws: Aws) -> None:
    arn, target_id = aws.target_group(), instance(aws)
    aws.rule((arn, 1))
    register(aws, arn, target_id)
    aws.pass_seconds(5)
    aws.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": target_id}])

    register(aws, arn, target_id)
    again = aws.states(arn)
    aws.pass_seconds(1)

    assert (again, aws.states(arn)) == (["initial"], ["healthy"])


def test_an_image_that_is_never_healthy_turns_unhealthy_after_the_threshold_of_failed_checks(
    aws: Aws,
) -> None:
    arn = aws.target_group(UnhealthyThresholdCount=3)
    aws.rule((arn, 1))
    aws.group(aws.template(NEVER_HEALTHY), size=1, TargetGroupARNs=[arn])

    aws.pass_seconds(29)
    before = aws.states(arn)
    aws.pass_seconds(2)

    assert before == ["initial"]
    assert list(aws.health(arn).values()) == [("unhealthy", "Target.FailedHealthChecks")]


def test_a_stopped_instance_is_unused_and_a_terminated_one_drains(aws: Aws) -> None:
    arn, stopped, terminated = aws.target_group(), instance(aws), instance(aws)
    aws.rule((arn, 1))
    register(aws, arn, stopped)
    register(aws, arn, terminated)
    aws.pass_seconds(5)

    aws.ec2.stop_instances(InstanceIds=[stopped])
    aws.ec2.terminate_instances(InstanceIds=[terminated])

    assert aws.health(arn) == {
        stopped: ("unused", "Target.InvalidState"),
        terminated: ("draining", "Target.DeregistrationInProgress"),
    }


def test_a_target_in_a_zone_that_the_load_balancer_does_not_have_is_unused(aws: Aws) -> None:
    subnet_id = aws.ec2.create_subnet(
        VpcId=aws.vpc_id, CidrBlock="10.0.9.0/24", AvailabilityZone="us-east-1c"
    )["Subnet"]["SubnetId"]
    arn = aws.target_group()
    aws.rule((arn, 1))
    aws.group(aws.template(), size=1, TargetGroupARNs=[arn], VPCZoneIdentifier=subnet_id)

    aws.pass_seconds(10)

    assert list(aws.health(arn).values()) == [("unused", "Target.NotInUse")]


def test_one_instance_on_two_ports_is_two_targets(aws: Aws) -> None:
    arn, target_id = aws.target_group(), instance(aws)
    aws.rule((arn, 1))
    register(aws, arn, target_id, Port=8081)
    register(aws, arn, target_id, Port=8082)
    aws.pass_seconds(3)

    aws.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": target_id, "Port": 8082}])

    listed = aws.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert [(d["Target"]["Port"], d["TargetHealth"]["State"]) for d in listed] == [
        (8081, "healthy"),
        (8082, "draining"),
    ]


@pytest.mark.parametrize("kind", ["unknown", "stopped", "elsewhere"])
def test_only_a_running_instance_of_the_groups_vpc_can_be_registered(aws: Aws, kind: str) -> None:
    arn, target_id = aws.target_group(), "i-0123456789abcdef0"
    if kind == "stopped":
        target_id = instance(aws)
        aws.ec2.stop_instances(InstanceIds=[target_id])
    elif kind == "elsewhere":
        target_id = aws.ec2.run_instances(ImageId=V1, MinCount=1, MaxCount=1)["Instances"][0][
            "InstanceId"
        ]

    code, _ = refusal(aws.elbv2.register_targets, TargetGroupArn=arn, Targets=[{"Id": target_id}])

    assert code == "InvalidTarget"


def test_a_target_that_is_not_registered_cannot_be_deregistered(aws: Aws) -> None:
    arn, target_id = aws.target_group(), instance(aws)

    code, _ = refusal(aws.elbv2.deregister_targets, TargetGroupArn=arn, Targets=[{"Id": target_id}])

    assert code == "InvalidTarget"


def test_a_target_group_knows_the_load_balancers_that_use_it_now(aws: Aws) -> None:
    one, two = aws.target_group(), aws.target_group()
    rule = aws.rule((one, 1))

    def users(arn: str) -> list[str]:
        found = aws.elbv2.describe_target_groups(TargetGroupArns=[arn])
        return found["TargetGroups"][0]["LoadBalancerArns"]

    before = users(one), users(two)
    aws.elbv2.modify_rule(RuleArn=rule, Actions=[{"Type": "forward", "TargetGroupArn": two}])

    assert before == ([aws.load_balancer_arn], [])
    assert (users(one), users(two)) == ([], [aws.load_balancer_arn])
