"""Slot 02 of an adopted service is what slot 01 is: compared with boto3, field by field."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rehearsal.account import images_of
from rehearsal.control_plane.images import NEEDED_FILE, NEEDS_USER_DATA
from tests.engine.adopting import Adopting, adopting
from tests.ops.console_made import WEB_GROUP

pytestmark = [pytest.mark.engine, pytest.mark.long]

SECOND = "hankooktire-us-prd-web-02"
SCRIPT = f"#!/bin/sh\nsystemctl start shop\ntouch {NEEDED_FILE}\n"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
OWN_OF_A_TEMPLATE = {"ImageId", "UserData", "TagSpecifications"}
OWN_OF_A_GROUP = {
    *("AutoScalingGroupName", "AutoScalingGroupARN", "CreatedTime", "Tags", "Instances"),
    *("LaunchTemplate", "TargetGroupARNs", "TrafficSources", "DesiredCapacity"),
    # What every slot of ours has: docs/adopt.md lists it.
    *("TerminationPolicies", "DefaultInstanceWarmup"),
}
OWN_OF_A_TARGET_GROUP = {
    *("TargetGroupArn", "TargetGroupName", "LoadBalancerArns"),
    "target_group_health.dns_failover.minimum_healthy_targets.count",
}


def test_slot_02_is_made_as_slot_01_is_and_serves(tmp_path: Path) -> None:
    with adopting(tmp_path) as shop:
        data = tune_slot_01(shop)

        adopted = shop.adopt("--apply", "--service", f"web={WEB_GROUP}")

        said = " ".join(adopted.stdout.split())
        assert adopted.returncode == 0, adopted.stdout
        assert [line.split()[2:4] for line in adopted.stdout.splitlines() if "~ rule" in line] == [
            ["lb:ListenerRule", "web"]
        ]
        assert said.count("note web-02:") == 1
        assert "note web-02: a launch template of its own, a copy of version 2 of" in said
        assert SCRIPT not in adopted.stdout

        made = template_of(shop, f"{SECOND}-lt")
        text = base64.b64decode(made["UserData"]).decode()
        assert NEEDED_FILE in text
        assert "FAILOVER_SLOT=02" in text
        assert but(made, OWN_OF_A_TEMPLATE) == but(data, OWN_OF_A_TEMPLATE)
        assert but(fleet_of(shop, f"{SECOND}-asg"), OWN_OF_A_GROUP) == but(
            fleet_of(shop, "Web_servers"), OWN_OF_A_GROUP
        )
        assert but(group_of(shop, f"{SECOND}-tg"), OWN_OF_A_TARGET_GROUP) == but(
            group_of(shop, WEB_GROUP), OWN_OF_A_TARGET_GROUP
        )

        wait_until_healthy(shop, f"{SECOND}-tg")
        shop.stack.engine.run("preview", "--refresh", "--expect-no-changes")


def tune_slot_01(shop: Adopting) -> dict[str, Any]:
    """Give slot 01 a template with all that a team sets, and run its instances from it."""
    ec2, scaling, elb = (shop.shop.client(name) for name in ("ec2", "autoscaling", "elbv2"))
    profile = shop.stack.client("iam").create_instance_profile(InstanceProfileName="shop-web")
    (fleet,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["Web_servers"])[
        "AutoScalingGroups"
    ]
    (group,) = elb.describe_target_groups(Names=[WEB_GROUP])["TargetGroups"]
    extra = [
        ec2.create_security_group(GroupName=name, Description="made", VpcId=group["VpcId"])[
            "GroupId"
        ]
        for name in ("shop-database", "shop-cache")
    ]
    first = ec2.describe_launch_template_versions(LaunchTemplateName="shop-web", Versions=["1"])[
        "LaunchTemplateVersions"
    ][0]["LaunchTemplateData"]
    data = {
        **first,
        "ImageId": images_of(shop.stack.running.endpoint, shop.stack.running.region)[
            NEEDS_USER_DATA
        ],
        "UserData": base64.b64encode(SCRIPT.encode()).decode(),
        "SecurityGroupIds": sorted([*first["SecurityGroupIds"], *extra]),
        "IamInstanceProfile": {"Arn": profile["InstanceProfile"]["Arn"]},
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "VolumeSize": 100,
                    "VolumeType": "gp3",
                    "Iops": 4000,
                    "Encrypted": True,
                    "KmsKeyId": KEY,
                    "DeleteOnTermination": True,
                },
            }
        ],
        "Placement": {"Tenancy": "dedicated"},
        "CreditSpecification": {"CpuCredits": "unlimited"},
        "Monitoring": {"Enabled": True},
    }
    ec2.create_launch_template_version(LaunchTemplateName="shop-web", LaunchTemplateData=data)
    elb.modify_target_group_attributes(
        TargetGroupArn=group["TargetGroupArn"],
        Attributes=[{"Key": "slow_start.duration_seconds", "Value": "30"}],
    )
    scaling.suspend_processes(AutoScalingGroupName="Web_servers", ScalingProcesses=["AZRebalance"])
    for instance in fleet["Instances"]:
        scaling.terminate_instance_in_auto_scaling_group(
            InstanceId=instance["InstanceId"], ShouldDecrementDesiredCapacity=False
        )
    wait_until_healthy(shop, WEB_GROUP, frozenset(i["InstanceId"] for i in fleet["Instances"]))
    return data


def wait_until_healthy(shop: Adopting, group: str, gone: frozenset[str] = frozenset()) -> None:
    """Return when all targets of a group are healthy, and none of `gone` is among them."""
    elb = shop.shop.client("elbv2")
    (found,) = elb.describe_target_groups(Names=[group])["TargetGroups"]
    deadline = time.monotonic() + 120
    while True:
        health = elb.describe_target_health(TargetGroupArn=found["TargetGroupArn"])
        states = {
            each["Target"]["Id"]: each["TargetHealth"]["State"]
            for each in health["TargetHealthDescriptions"]
        }
        if len(states) >= 2 and set(states.values()) == {"healthy"} and not gone & set(states):
            return
        assert time.monotonic() < deadline, states
        time.sleep(0.2)


def template_of(shop: Adopting, name: str) -> dict[str, Any]:
    versions = shop.shop.client("ec2").describe_launch_template_versions(
        LaunchTemplateName=name, Versions=["$Latest"]
    )
    data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    return {**data, "SecurityGroupIds": sorted(data["SecurityGroupIds"])}


def fleet_of(shop: Adopting, name: str) -> dict[str, Any]:
    (found,) = shop.shop.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[name]
    )["AutoScalingGroups"]
    found["SuspendedProcesses"] = sorted(p["ProcessName"] for p in found["SuspendedProcesses"])
    return found


def group_of(shop: Adopting, name: str) -> dict[str, Any]:
    elb = shop.shop.client("elbv2")
    (found,) = elb.describe_target_groups(Names=[name])["TargetGroups"]
    attributes = elb.describe_target_group_attributes(TargetGroupArn=found["TargetGroupArn"])
    return {**found, **{each["Key"]: each["Value"] for each in attributes["Attributes"]}}


def but(described: Mapping[str, Any], own: set[str]) -> dict[str, Any]:
    """All that is described, without what each slot has of its own."""
    return {key: value for key, value in described.items() if key not in own}
