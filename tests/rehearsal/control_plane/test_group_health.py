"""Groups replace what is unhealthy, when it is time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import Aws, refusal
from tests.rehearsal.control_plane.groups import NEVER_HEALTHY, ids, serving


@pytest.mark.parametrize("action", ["terminate_instances", "stop_instances"])
def test_an_instance_that_is_terminated_or_stopped_is_replaced_at_once(
    aws: Aws, action: str
) -> None:
    name, _ = serving(aws, size=2)
    lost, kept = ids(aws, name)

    getattr(aws.ec2, action)(InstanceIds=[lost])
    aws.pass_seconds(3)

    in_service = ids(aws, name, "InService")
    assert len(in_service) == 2
    assert kept in in_service
    assert lost not in in_service


def test_an_unhealthy_target_is_replaced_after_the_grace_period_and_not_before(
    aws: Aws,
) -> None:
    arn = aws.target_group(UnhealthyThresholdCount=2)
    aws.rule((arn, 1))
    name = aws.group(
        aws.template(NEVER_HEALTHY), size=1, TargetGroupARNs=[arn], HealthCheckGracePeriod=60
    )
    first = ids(aws, name)

    aws.pass_seconds(59)
    within = aws.states(arn), ids(aws, name, "InService")
    aws.pass_seconds(3)

    assert within == (["unhealthy"], first)
    assert ids(aws, name, "InService") != first
    assert ids(aws, name, "Terminating") == first


def test_a_group_with_ec2_health_checks_does_not_mind_unhealthy_targets(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 1))
    name = aws.group(
        aws.template(NEVER_HEALTHY), size=1, TargetGroupARNs=[arn], HealthCheckType="EC2"
    )
    before = ids(aws, name)

    aws.pass_seconds(200, step=10)

    assert aws.states(arn) == ["unhealthy"]
    assert ids(aws, name) == before


def test_an_instance_called_unhealthy_is_replaced_unless_the_grace_period_still_runs(
    aws: Aws,
) -> None:
    name, _ = serving(aws, size=1, HealthCheckGracePeriod=60)
    first = ids(aws, name)
    call = {"InstanceId": first[0], "HealthStatus": "Unhealthy"}

    aws.autoscaling.set_instance_health(**call)
    aws.pass_seconds(3)
    respected = ids(aws, name)
    aws.autoscaling.set_instance_health(**call, ShouldRespectGracePeriod=False)
    aws.pass_seconds(3)

    assert respected == first
    assert ids(aws, name, "InService") not in ([], first)


@pytest.mark.parametrize("process", ["ReplaceUnhealthy", "Terminate", "HealthCheck"])
def test_a_suspended_process_does_not_replace(aws: Aws, process: str) -> None:
    name, _ = serving(aws, size=1)
    before = ids(aws, name)
    aws.autoscaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=[process])

    aws.ec2.stop_instances(InstanceIds=before)
    aws.pass_seconds(10)
    suspended = ids(aws, name)
    aws.autoscaling.resume_processes(AutoScalingGroupName=name)
    aws.pass_seconds(3)

    assert suspended == before
    assert ids(aws, name, "InService") not in ([], before)


def test_instances_follow_the_target_groups_of_their_group(aws: Aws) -> None:
    name, first = serving(aws, size=1)
    second = aws.target_group()
    aws.rule((second, 1))

    aws.autoscaling.attach_load_balancer_target_groups(
        AutoScalingGroupName=name, TargetGroupARNs=[second]
    )
    aws.pass_seconds(3)
    attached = aws.states(first), aws.states(second)
    aws.autoscaling.detach_load_balancer_target_groups(
        AutoScalingGroupName=name, TargetGroupARNs=[first]
    )

    assert attached == (["healthy"], ["healthy"])
    assert (aws.states(first), aws.states(second)) == (["draining"], ["healthy"])


def test_traffic_sources_are_the_target_groups_of_a_group_and_are_moved_as_they_are(
    aws: Aws,
) -> None:
    name, first = serving(aws, size=1)
    second = aws.target_group()
    aws.rule((second, 1))
    call: dict[str, Any] = {"AutoScalingGroupName": name}

    aws.autoscaling.attach_traffic_sources(**call, TrafficSources=[{"Identifier": second}])
    soon = traffic_sources(aws, name)
    aws.pass_seconds(3)
    added = traffic_sources(aws, name)
    aws.autoscaling.detach_traffic_sources(
        **call, TrafficSources=[{"Identifier": first, "Type": "elbv2"}]
    )
    removing = traffic_sources(aws, name)

    assert soon == {first: "InService", second: "Added"}
    assert added == {first: "InService", second: "InService"}
    assert removing == {first: "Removing", second: "InService"}
    assert (aws.states(first), aws.states(second)) == (["draining"], ["healthy"])
    shown = aws.described(name)
    assert shown["TargetGroupARNs"] == [second]
    assert shown["TrafficSources"] == [{"Identifier": second, "Type": "elbv2"}]
    aws.pass_seconds(31)
    assert traffic_sources(aws, name) == {second: "InService"}


def traffic_sources(aws: Aws, name: str) -> dict[str, str]:
    found = aws.autoscaling.describe_traffic_sources(AutoScalingGroupName=name)
    return {each["Identifier"]: each["State"] for each in found["TrafficSources"]}


def test_a_traffic_source_that_is_no_target_group_is_refused(aws: Aws) -> None:
    name = aws.group(aws.template(), size=0)

    code, text = refusal(
        aws.autoscaling.attach_traffic_sources,
        AutoScalingGroupName=name,
        TrafficSources=[{"Identifier": "classic", "Type": "elb"}],
    )

    assert code == "ValidationError"
    assert "not supported by the rehearsal" in text


def test_a_target_group_that_is_not_there_cannot_be_attached(aws: Aws) -> None:
    name = aws.group(aws.template(), size=0)
    missing = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/0123456789abcdef"

    code, _ = refusal(
        aws.autoscaling.attach_load_balancer_target_groups,
        AutoScalingGroupName=name,
        TargetGroupARNs=[missing],
    )

    assert code == "ValidationError"
