"""The alarms of a slot: what a gate reads while the slot takes over, and no more.

Two, since each costs. What both slots share, or what only a comparison can tell (latency, the
ratio of errors), is judged from the metrics themselves over the minutes of a stage.
"""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.tags import Tags
from rollout.split import Slot
from settings.alarms import AlarmSettings
from settings.names import Names

_NAMESPACE = "AWS/ApplicationELB"
_PERIOD_SECONDS = 60


class AlarmsArgs(TypedDict):
    """What the alarms of a slot are made from."""

    names: Names
    """The convention of every name."""
    tags: Tags
    """The tags of every resource."""
    service: str
    """The service's name."""
    slot: Slot
    """The slot that they watch."""
    alarms: AlarmSettings
    """When they fire, and whom they tell."""
    load_balancer_arn_suffix: pulumi.Input[str]
    """The `LoadBalancer` dimension."""
    target_group_arn_suffix: pulumi.Input[str]
    """The `TargetGroup` dimension."""


def declare_alarms(parent: pulumi.Resource, name: str, args: AlarmsArgs) -> None:
    """Errors of a slot's targets, and targets of it that are unhealthy."""
    _declare(
        parent,
        f"{name}-target-5xx",
        args,
        description="The targets answer with 5xx",
        metric="HTTPCode_Target_5XX_Count",
        statistic="Sum",
        threshold=args["alarms"].target_5xx_per_minute,
        minutes=1,
        # CloudWatch has no point for a minute without a 5xx: absent is none.
        treat_missing_data="notBreaching",
    )
    _declare(
        parent,
        f"{name}-unhealthy-hosts",
        args,
        description="A target is unhealthy for two minutes",
        metric="UnHealthyHostCount",
        statistic="Maximum",
        threshold=1,
        minutes=2,
        # Absent where the slot has no target at all, which says nothing about its health.
        treat_missing_data="missing",
    )


def _declare(
    parent: pulumi.Resource,
    name: str,
    args: AlarmsArgs,
    *,
    description: str,
    metric: str,
    statistic: str,
    threshold: int,
    minutes: int,
    treat_missing_data: str,
) -> None:
    topics = [args["alarms"].topic_arn] if args["alarms"].topic_arn else None
    alarm_name = args["names"].of(name)
    aws.cloudwatch.MetricAlarm(
        name,
        name=alarm_name,
        alarm_description=f"{description}: {args['service']}, slot {args['slot']}",
        namespace=_NAMESPACE,
        metric_name=metric,
        dimensions={
            "LoadBalancer": args["load_balancer_arn_suffix"],
            "TargetGroup": args["target_group_arn_suffix"],
        },
        statistic=statistic,
        period=_PERIOD_SECONDS,
        evaluation_periods=minutes,
        datapoints_to_alarm=minutes,
        threshold=threshold,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data=treat_missing_data,
        alarm_actions=topics,
        ok_actions=topics,
        tags=args["tags"].of(alarm_name, args["service"], args["slot"]),
        # Not protected, so that they can be turned off. The rule waits for the whole slot, so that
        # a destroy comes to the alarms after the rule, which is protected.
        opts=pulumi.ResourceOptions(parent=parent, protect=False),
    )
