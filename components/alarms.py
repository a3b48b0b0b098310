"""The two alarms of a slot, which a gate reads while the slot gains weight.

There are only two because each one costs. The metrics gate judges what both slots share, and what
only a comparison shows (latency, the ratio of errors).
"""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.context import Context
from rollout.split import Slot
from settings.alarms import AlarmSettings

_NAMESPACE = "AWS/ApplicationELB"
_PERIOD_SECONDS = 60


class AlarmsArgs(TypedDict):
    """The arguments of `declare_alarms`."""

    context: Context
    """What all resources of the stack have in common."""
    service: str
    """The service's name."""
    slot: Slot
    """The slot that the alarms watch."""
    alarms: AlarmSettings
    """Their thresholds, and the topic that they notify."""
    load_balancer_arn_suffix: pulumi.Input[str]
    """The `LoadBalancer` dimension."""
    target_group_arn_suffix: pulumi.Input[str]
    """The `TargetGroup` dimension."""


def declare_alarms(parent: pulumi.Resource, name: str, args: AlarmsArgs) -> None:
    """Declare the alarms for a slot's 5xx answers and for its unhealthy targets."""
    _declare(
        parent,
        f"{name}-target-5xx",
        args,
        description="The targets answer with 5xx",
        metric="HTTPCode_Target_5XX_Count",
        statistic="Sum",
        threshold=args["alarms"].target_5xx_per_minute,
        minutes=1,
        # CloudWatch has no point for a minute without a 5xx: missing means zero.
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
        # Missing where the slot has no target at all, which is neither healthy nor unhealthy.
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
    alarm_name = args["context"].names.of(name)
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
        tags=args["context"].tags(alarm_name, args["service"], args["slot"]),
        # Not protected, so that the config can turn it off. The rule depends on the whole slot, so
        # a destroy reaches the alarms after the rule, which is protected.
        opts=pulumi.ResourceOptions(parent=parent, protect=False),
    )
