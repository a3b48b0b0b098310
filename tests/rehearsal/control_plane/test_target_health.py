"""Targets move through AWS's states."""

from __future__ import annotations

from tests.rehearsal.control_plane.aws import Aws


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
