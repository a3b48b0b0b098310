"""Requests are told apart by whether they can change anything."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.control_plane.server import may_change, operation_of
from tests.rehearsal.control_plane.aws import Aws

FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    ("environ", "body", "operation", "changes"),
    [
        ({**FORM}, b"Action=ModifyRule&RuleArn=x", "ModifyRule", True),
        ({**FORM}, b"Version=1&Action=DescribeRules", "DescribeRules", False),
        ({"HTTP_X_AMZ_TARGET": "AmazonSSM.PutParameter"}, b"{}", "PutParameter", True),
        ({"HTTP_X_AMZ_TARGET": "AmazonSSM.GetParameter"}, b"{}", "GetParameter", False),
        ({"PATH_INFO": "/service/G/operation/PutMetricAlarm"}, b"", "PutMetricAlarm", True),
        ({"REQUEST_METHOD": "PUT", "PATH_INFO": "/bucket"}, b"", None, True),
        ({"REQUEST_METHOD": "GET", "PATH_INFO": "/bucket"}, b"", None, False),
    ],
)
def test_the_operation_of_a_request_tells_whether_it_can_change_anything(
    environ: dict[str, Any], body: bytes, operation: str | None, changes: bool
) -> None:
    whole = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", **environ}

    found = operation_of(whole, body)

    assert found == operation
    assert may_change(whole, found) is changes


def test_an_answer_is_current_although_no_tick_has_come(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 1))
    aws.group(aws.template(), size=1, TargetGroupARNs=[arn])

    aws.clock.seconds += 3

    assert aws.states(arn) == ["healthy"]


def test_a_drain_is_cut_to_the_longest_that_the_rehearsal_allows(aws: Aws) -> None:
    aws.plane.world.longest_drain_seconds = 5
    arn = aws.target_group(drain_seconds=300)
    aws.rule((arn, 1))
    name = aws.group(aws.template(), size=1, TargetGroupARNs=[arn])
    aws.pass_seconds(3)

    aws.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, DesiredCapacity=0
    )
    aws.pass_seconds(4)
    draining = aws.states(arn)
    aws.pass_seconds(2)

    assert draining == ["draining"]
    assert aws.states(arn) == []
    attributes = aws.elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "300"} in attributes
