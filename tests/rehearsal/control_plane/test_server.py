"""The API over HTTP: one request at a time, each answer current, connections kept."""

from __future__ import annotations

import contextlib
import http.client
import socket
from typing import Any
from urllib.parse import urlsplit

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
def test_the_operation_of_a_request_decides_whether_it_can_change_anything(
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


MANY = 300
"""Three times what the server takes by default."""


def test_idle_connections_keep_no_client_out(endpoint: str) -> None:
    """A client keeps ten of them; a load balancer, a ramp, a watch and a browser have some each."""
    host, port = str(urlsplit(endpoint).hostname), int(urlsplit(endpoint).port or 0)
    with contextlib.ExitStack() as idle:
        for _ in range(MANY):
            idle.enter_context(socket.create_connection((host, port), timeout=30))

        connection = http.client.HTTPConnection(host, port, timeout=30)
        idle.callback(connection.close)
        connection.request("GET", "/nowhere")
        answer = connection.getresponse().read()

    assert answer
