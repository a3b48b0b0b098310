"""Reads target groups: all of them in one call, and of some their health and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.inspect.document import Details, HealthCheckReport, TargetGroupReport, TargetReport

CALLS_FOR_DETAILS = 2
"""Neither health nor attributes can be asked for several groups at once.

Source: ELBv2 API, DescribeTargetHealth and DescribeTargetGroupAttributes.
"""


def read_target_groups(elb: Any, balancer_arn: str, vpc_id: str) -> tuple[TargetGroupReport, ...]:
    """The groups of the load balancer, and those of its VPC that no load balancer uses."""
    pages = elb.get_paginator("describe_target_groups").paginate()
    found = [_group(group) for page in pages for group in page["TargetGroups"]]
    return tuple(
        group
        for group in sorted(found, key=lambda group: group.name)
        if balancer_arn in group.balancer_arns
        or (not group.balancer_arns and group.vpc_id == vpc_id)
    )


def _group(group: Mapping[str, Any]) -> TargetGroupReport:
    return TargetGroupReport(
        arn=group["TargetGroupArn"],
        name=group["TargetGroupName"],
        protocol=group.get("Protocol", ""),
        protocol_version=group.get("ProtocolVersion", ""),
        port=group.get("Port"),
        vpc_id=group.get("VpcId", ""),
        target_type=group.get("TargetType", "instance"),
        check=HealthCheckReport(
            protocol=group.get("HealthCheckProtocol", ""),
            port=str(group.get("HealthCheckPort", "")),
            path=group.get("HealthCheckPath", ""),
            matcher=group.get("Matcher", {}).get("HttpCode", ""),
            interval_seconds=int(group.get("HealthCheckIntervalSeconds", 0)),
            timeout_seconds=int(group.get("HealthCheckTimeoutSeconds", 0)),
            healthy_threshold=int(group.get("HealthyThresholdCount", 0)),
            unhealthy_threshold=int(group.get("UnhealthyThresholdCount", 0)),
        ),
        balancer_arns=tuple(group.get("LoadBalancerArns", ())),
    )


def read_details(elb: Any, arn: str) -> Details:
    """The health of a group's targets, and its attributes."""
    described = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    listed = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    attributes = {entry["Key"]: entry.get("Value", "") for entry in listed}
    return Details(
        targets=tuple(
            TargetReport(d["Target"]["Id"], d["TargetHealth"]["State"]) for d in described
        ),
        has_stickiness=attributes.get("stickiness.enabled") == "true",
        deregistration_delay_seconds=int(
            attributes.get("deregistration_delay.timeout_seconds") or 300
        ),
    )
