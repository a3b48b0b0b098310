"""The SDK's functions on what stands in AWS already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.account import images_of
from tests.rehearsal.provider.attached import REGION, Attached, attached

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("provider-settings")]

PROGRAM = Path(__file__).parent / "lookup_program"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attached]:
    with attached(tmp_path_factory.mktemp("lookups"), PROGRAM) as made:
        made.set_config(ids=json.dumps(_furnished(made)))
        yield made


def _furnished(stack: Attached) -> dict[str, str]:
    """Makes one of each with boto3; their ids."""
    ec2, elbv2 = stack.client("ec2"), stack.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.7.{at}.0/24", AvailabilityZone=f"{REGION}{zone}"
        )
        for at, zone in enumerate("ab")
    ]
    subnet_ids = [one["Subnet"]["SubnetId"] for one in subnets]
    balancer = elbv2.create_load_balancer(Name="known", Subnets=subnet_ids, Scheme="internal")
    balancer_arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    targets = elbv2.create_target_group(
        Name="known", Port=8080, Protocol="HTTP", VpcId=vpc, HealthCheckPath="/up"
    )["TargetGroups"][0]["TargetGroupArn"]
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer_arn,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )["Listeners"][0]["ListenerArn"]
    _make_group(stack, subnet_ids)
    stack.client("ssm").put_parameter(Name="/image", Value="ami-1", Type="String")
    return {
        "vpc": vpc,
        "subnet": subnet_ids[0],
        "balancer": balancer_arn,
        "listener": listener,
        "targets": targets,
        "name": "known",
    }


def _make_group(stack: Attached, subnet_ids: list[str]) -> None:
    data = {"ImageId": images_of(stack.endpoint, REGION)["v1"], "InstanceType": "t3.micro"}
    made = stack.client("ec2").create_launch_template(
        LaunchTemplateName="known", LaunchTemplateData=data
    )
    template = {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"], "Version": "1"}
    stack.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="known",
        MinSize=0,
        MaxSize=3,
        LaunchTemplate=template,
        VPCZoneIdentifier=",".join(subnet_ids),
    )


def test_every_function_returns_what_exists(stack: Attached) -> None:
    ids = json.loads(stack.must("config", "get", "ids"))

    stack.must("up", "--yes", "--skip-preview")

    told: dict[str, Any] = json.loads(stack.must("stack", "output", "--json"))
    dns_name, internal, groups = told.pop("balancer")
    assert (dns_name.endswith(".elb.amazonaws.com"), internal) == (True, True)
    assert isinstance(groups, list)
    assert told == {
        "vpc": "10.7.0.0/16",
        "subnet": ["us-east-1a", ids["vpc"]],
        "namedBalancer": ids["balancer"],
        "listener": [80, "HTTP", ids["balancer"]],
        "targets": [8080, "/up", ids["targets"].rpartition(":")[2]],
        "namedTargets": ids["targets"],
        "group": [0, 3, 0],
        "image": ["ami-1", 1, "String"],
        "secret": "ami-1",
        "asked": "[secret]",
        "caller": "123456789012",
    }


@pytest.mark.long
def test_what_does_not_exist_is_reported_by_its_name(stack: Attached) -> None:
    stack.set_config(missing="nobody")

    said = stack.pulumi("preview")

    assert said.returncode != 0
    assert (
        "aws:lb/getTargetGroup:getTargetGroup: nothing found for {'name': 'nobody'}" in said.stdout
    )
