"""An AWS of one test: what the reader asks of it, answered from plain data, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from live.clients import Clients
from tests.live.fake_pages import FakePages

START = datetime(2026, 1, 1, tzinfo=UTC)


def refused(operation: str, code: str, message: str = "no", status: int = 400) -> ClientError:
    """What boto3 raises when AWS answers with an error."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, operation)


def version(number: int, minutes: int = 0, **data: Any) -> dict[str, Any]:
    """A version of a launch template, made so many minutes after the start."""
    return {
        "VersionNumber": number,
        "CreateTime": START + timedelta(minutes=minutes),
        "DefaultVersion": number == 1,
        "LaunchTemplateData": {"ImageId": "ami-1", "InstanceType": "t3.small"} | data,
    }


def forward(**weights: int) -> dict[str, Any]:
    """A weighted forward to target groups, by their ARNs."""
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


@dataclass
class FakeAws:
    """All three services at once; `page_size` entries a page."""

    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    """Actions by rule ARN."""
    health: dict[str, list[tuple[str, str]]] = field(
        default_factory=dict[str, list[tuple[str, str]]]
    )
    """Target and state by target group ARN."""
    groups: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    versions: dict[str, list[dict[str, Any]]] = field(
        default_factory=dict[str, list[dict[str, Any]]]
    )
    configurations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    images: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    listed: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What a paginator gives, by operation."""
    failures: dict[str, list[BaseException]] = field(default_factory=dict[str, list[BaseException]])
    """What each operation raises first, one after another."""
    healthy_after: dict[str, int] = field(default_factory=dict[str, int])
    """How often the targets of a target group are told to be `initial` before they are healthy."""
    page_size: int = 100
    calls: Counter[str] = field(default_factory=Counter[str])

    @property
    def clients(self) -> Clients:
        fake: Any = self
        return Clients(fake, fake, fake, "us-east-1")

    def describe_rules(self, *, RuleArns: list[str]) -> dict[str, Any]:  # noqa: N803
        self._count("DescribeRules")
        if any(arn not in self.rules for arn in RuleArns):
            raise refused("DescribeRules", "RuleNotFound")
        return {"Rules": [{"RuleArn": arn, "Actions": self.rules[arn]} for arn in RuleArns]}

    def describe_target_health(self, *, TargetGroupArn: str) -> dict[str, Any]:  # noqa: N803
        self._count("DescribeTargetHealth")
        left = self.healthy_after.get(TargetGroupArn, 0)
        self.healthy_after[TargetGroupArn] = left - 1
        return {
            "TargetHealthDescriptions": [
                {
                    "Target": {"Id": name},
                    "TargetHealth": {"State": "initial" if left > 0 else state},
                }
                for name, state in self.health.get(TargetGroupArn, [])
            ]
        }

    def describe_auto_scaling_groups(self, **arguments: Any) -> dict[str, Any]:
        self._count("DescribeAutoScalingGroups")
        names = arguments.get("AutoScalingGroupNames")
        found = [g for g in self.groups if names is None or g["AutoScalingGroupName"] in names]
        return self._page("AutoScalingGroups", found, arguments)

    def describe_launch_configurations(self, **arguments: Any) -> dict[str, Any]:
        self._count("DescribeLaunchConfigurations")
        names = arguments["LaunchConfigurationNames"]
        found = [c for c in self.configurations if c["LaunchConfigurationName"] in names]
        return {"LaunchConfigurations": found}

    def describe_launch_template_versions(self, **arguments: Any) -> dict[str, Any]:
        self._count("DescribeLaunchTemplateVersions")
        found = self.versions[arguments["LaunchTemplateId"]]
        return self._page("LaunchTemplateVersions", found, arguments)

    def describe_images(self, **arguments: Any) -> dict[str, Any]:
        self._count("DescribeImages")
        (by_id,) = arguments["Filters"]
        return {"Images": [i for i in self.images if i["ImageId"] in by_id["Values"]]}

    def get_paginator(self, operation_name: str) -> Any:
        if operation_name in {"describe_auto_scaling_groups", "describe_launch_template_versions"}:
            return FakePages(getattr(self, operation_name))
        self._count(operation_name)
        return _Paginator([self.listed.get(operation_name, {})])

    def _page(self, key: str, found: list[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        start = int(arguments.get("NextToken", 0))
        end = start + self.page_size
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {key: found[start:end], **more}

    def _count(self, operation: str) -> None:
        self.calls[operation] += 1
        if self.failures.get(operation):
            raise self.failures[operation].pop(0)


@dataclass(frozen=True)
class _Paginator:
    pages: list[Any]

    def paginate(self, **_arguments: Any) -> list[Any]:
        return self.pages
