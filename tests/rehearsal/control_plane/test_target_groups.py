"""Target groups are taken, refused and shown as AWS does, and so are tags."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import Aws, refusal


def refused_group(aws: Aws, **settings: Any) -> str:
    arguments = {
        "Name": "t",
        "Protocol": "HTTP",
        "Port": 80,
        "VpcId": aws.vpc_id,
        **settings,
    }
    return refusal(aws.elbv2.create_target_group, **arguments)[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"Name": "a" * 33},
        {"Name": "-a"},
        {"Name": "a-"},
        {"Name": "a_b"},
        {"HealthCheckIntervalSeconds": 4},
        {"HealthCheckIntervalSeconds": 301},
        {"HealthCheckTimeoutSeconds": 1},
        {"HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 10},
        {"HealthyThresholdCount": 1},
        {"UnhealthyThresholdCount": 11},
        {"HealthCheckPath": "up"},
        {"HealthCheckPort": "0"},
        {"Matcher": {"HttpCode": "500"}},
        {"HealthCheckEnabled": False},
        {"Port": 0},
        {"TargetType": "lambda"},
        {"ProtocolVersion": "GRPC"},
    ],
    ids=str,
)
def test_a_target_group_that_aws_or_the_rehearsal_cannot_have_is_refused(
    aws: Aws, settings: dict[str, Any]
) -> None:
    assert refused_group(aws, **settings) == "ValidationError"


def test_an_empty_protocol_version_is_none_given(aws: Aws) -> None:
    arn = aws.target_group(ProtocolVersion="")

    (group,) = aws.elbv2.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    assert group["ProtocolVersion"] == "HTTP1"


def test_a_target_groups_name_is_taken_once(aws: Aws) -> None:
    aws.target_group(Name="web-01-tg")

    assert refused_group(aws, Name="web-01-tg") == "DuplicateTargetGroupName"


def group_attributes(aws: Aws, arn: str) -> dict[str, str]:
    shown = aws.elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    return {a["Key"]: a["Value"] for a in shown}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("deregistration_delay.timeout_seconds", "3601"),
        ("slow_start.duration_seconds", "29"),
        ("stickiness.type", "source_ip"),
        ("load_balancing.algorithm.type", "fastest"),
        ("target_group_health.dns_failover.minimum_healthy_targets.count", "0"),
        ("no.such.attribute", "1"),
    ],
)
def test_a_target_group_attribute_outside_its_range_is_refused(
    aws: Aws, key: str, value: str
) -> None:
    arn = aws.target_group()
    before = group_attributes(aws, arn)

    code, _ = refusal(
        aws.elbv2.modify_target_group_attributes,
        TargetGroupArn=arn,
        Attributes=[{"Key": key, "Value": value}],
    )

    assert code in ("ValidationError", "InvalidConfigurationRequest")
    assert group_attributes(aws, arn) == before


def test_a_target_group_has_every_attribute_and_shows_all_after_a_change(aws: Aws) -> None:
    arn = aws.target_group(drain_seconds=3600)

    answer = aws.elbv2.modify_target_group_attributes(
        TargetGroupArn=arn,
        Attributes=[
            {
                "Key": "target_group_health.dns_failover.minimum_healthy_targets.count",
                "Value": "off",
            }
        ],
    )["Attributes"]

    shown = group_attributes(aws, arn)
    assert {a["Key"]: a["Value"] for a in answer} == shown
    assert shown["deregistration_delay.timeout_seconds"] == "3600"
    assert shown["target_group_health.dns_failover.minimum_healthy_targets.count"] == "off"
    assert shown["stickiness.enabled"] == "false"
    assert len(shown) == 14


def test_tags_can_be_asked_for_20_resources_at_once_and_no_more(aws: Aws) -> None:
    arns = [aws.target_group() for _ in range(21)]

    assert len(aws.elbv2.describe_tags(ResourceArns=arns[:20])["TagDescriptions"]) == 20
    assert refusal(aws.elbv2.describe_tags, ResourceArns=arns)[0] == "ValidationError"


def test_a_resource_has_room_for_50_tags(aws: Aws) -> None:
    arn = aws.target_group()
    fifty = [{"Key": f"k{i}", "Value": "v"} for i in range(50)]
    aws.elbv2.add_tags(ResourceArns=[arn], Tags=fifty)

    one_more = [{"Key": "k50", "Value": "v"}]
    assert refusal(aws.elbv2.add_tags, ResourceArns=[arn], Tags=one_more)[0] == "TooManyTags"
