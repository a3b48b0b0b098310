"""Parts of an inspection become the requests that make them again."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from rehearsal.inspected.document import (
    InspectedAction,
    InspectedCondition,
    InspectedRule,
    InspectedSecurityGroup,
    InspectedShare,
    InspectedTemplate,
    InspectedVersion,
)
from rehearsal.inspected.requests import (
    actions_of,
    admits_everyone,
    conditions_of,
    group_rules,
    launched,
    pruned,
    versions_of,
)


def rule(condition: InspectedCondition, *, is_preview: bool = False) -> InspectedRule:
    return InspectedRule("arn:rule", 7, (condition,), (), False, is_preview)


@pytest.mark.parametrize(
    ("condition", "made"),
    [
        (
            InspectedCondition("host-header", ("a.example",), None, False, ()),
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example"]}},
        ),
        (
            InspectedCondition("http-header", ("x", "y"), "X-A", False, ()),
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["x", "y"]},
            },
        ),
        (
            InspectedCondition("query-string", ("v=v=1", "any"), None, False, ("v", "")),
            {
                "Field": "query-string",
                "QueryStringConfig": {"Values": [{"Key": "v", "Value": "v=1"}, {"Value": "any"}]},
            },
        ),
    ],
)
def test_a_condition_is_that_of_the_account(
    condition: InspectedCondition, made: dict[str, Any]
) -> None:
    assert conditions_of(rule(condition)) == [made]


def test_the_masked_token_of_a_preview_rule_is_a_value_that_aws_takes() -> None:
    condition = InspectedCondition("http-header", ("01-[secret]",), "X-Preview", False, ())

    (made,) = conditions_of(rule(condition, is_preview=True)) or []

    assert made["HttpHeaderConfig"]["Values"] == ["01-secret"]


def test_a_regular_expression_has_no_condition() -> None:
    condition = InspectedCondition("path-pattern", ("^/a",), None, True, ())

    assert conditions_of(rule(condition)) is None


def test_a_forward_leaves_out_the_groups_that_are_not_made() -> None:
    shares = (InspectedShare("arn:1", 3), InspectedShare("arn:2", 1))
    forward = InspectedAction("forward", shares, 60, None)

    (made,) = actions_of([forward], {"arn:1": "arn:local"})

    assert made["ForwardConfig"] == {
        "TargetGroups": [{"TargetGroupArn": "arn:local", "Weight": 3}],
        "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
    }


def test_rules_of_a_group_keep_what_can_be_made() -> None:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
        "UserIdGroupPairs": [{"GroupId": "sg-1", "UserId": "1"}, {"GroupId": "sg-2"}],
        "PrefixListIds": [{"PrefixListId": "pl-1"}],
    }
    only_lists = {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-2"}]}

    rules = group_rules([permission, only_lists], frozenset({"sg-1"}))

    assert rules.permissions == [
        {
            "IpProtocol": "tcp",
            "FromPort": 80,
            "ToPort": 80,
            "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
            "UserIdGroupPairs": [{"GroupId": "sg-1"}],
        }
    ]
    assert rules.left_out == ("sg-2", "pl-1", "pl-2")


@pytest.mark.parametrize(
    ("ports", "block", "admits"),
    [
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}, "0.0.0.0/0", True),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}, "0.0.0.0/0", False),
        ({"IpProtocol": "-1"}, "0.0.0.0/0", True),
        ({"IpProtocol": "-1"}, "10.0.0.0/8", False),
    ],
)
def test_everyone_is_admitted_by_a_rule_for_all_addresses(
    ports: dict[str, Any], block: str, *, admits: bool
) -> None:
    rules = ({**ports, "IpRanges": [{"CidrIp": block}]},)
    group = InspectedSecurityGroup("sg-1", "front", "", rules, ())

    assert admits_everyone([group], 443) is admits


def test_a_deleted_version_has_the_data_of_the_next_one_so_that_numbers_stay() -> None:
    versions = tuple(InspectedVersion(n, None, False, {"KeyName": str(n)}) for n in (2, 5))

    made = [each.data["KeyName"] for each in versions_of(InspectedTemplate("lt", "n", 2, versions))]

    assert made == ["2", "2", "5", "5", "5"]


def test_what_a_request_does_not_take_is_left_out() -> None:
    session = botocore.session.Session()
    shape = session.get_service_model("ec2").shape_for("RequestLaunchTemplateData")
    data = {
        "ImageId": "ami-1",
        "MetadataOptions": {"HttpTokens": "required", "State": "pending"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "New": 1}}],
    }

    made = pruned(launched(data, "ami-2", "IyE="), shape)

    assert made == {
        "ImageId": "ami-2",
        "UserData": "IyE=",
        "MetadataOptions": {"HttpTokens": "required"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8}}],
    }
