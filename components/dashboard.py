"""A service's dashboard, with both slots side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.context import Context
from rollout.split import Slot

_NAMESPACE = "AWS/ApplicationELB"
_WIDTH = 24
_HEIGHT = 6
_METRICS = (
    ("Requests a minute", "RequestCount", "Sum"),
    ("Target 5xx a minute", "HTTPCode_Target_5XX_Count", "Sum"),
    ("Latency, p99, seconds", "TargetResponseTime", "p99"),
    ("Healthy targets", "HealthyHostCount", "Minimum"),
    ("Unhealthy targets", "UnHealthyHostCount", "Maximum"),
)
"""Title, metric and statistic of each row."""


class DashboardArgs(TypedDict):
    """The arguments of `declare_dashboard`."""

    context: Context
    """What all resources of the stack have in common."""
    service: str
    """The service's name."""
    load_balancer_arn_suffix: pulumi.Input[str]
    """The `LoadBalancer` dimension."""
    target_group_arn_suffixes: Mapping[Slot, pulumi.Input[str]]
    """The `TargetGroup` dimension of each slot."""


def declare_dashboard(
    parent: pulumi.Resource, name: str, args: DashboardArgs
) -> aws.cloudwatch.Dashboard:
    """Declare a dashboard with one row per metric, slot 01 on the left and slot 02 on the right."""
    widgets = [
        _widget(args, slot, row, column * _WIDTH // len(Slot))
        for row in range(len(_METRICS))
        for column, slot in enumerate(Slot)
    ]
    return aws.cloudwatch.Dashboard(
        name,
        dashboard_name=args["context"].names.of(name),
        dashboard_body=pulumi.Output.json_dumps({"widgets": widgets}),
        opts=pulumi.ResourceOptions(parent=parent, protect=False),
    )


def _widget(args: DashboardArgs, slot: Slot, row: int, left: int) -> dict[str, object]:
    title, metric, statistic = _METRICS[row]
    return {
        "type": "metric",
        "x": left,
        "y": row * _HEIGHT,
        "width": _WIDTH // len(Slot),
        "height": _HEIGHT,
        "properties": {
            "title": f"{args['service']}-{slot}: {title}",
            "region": args["context"].region,
            "view": "timeSeries",
            "stat": statistic,
            "period": 60,
            "metrics": [
                [
                    _NAMESPACE,
                    metric,
                    "LoadBalancer",
                    args["load_balancer_arn_suffix"],
                    "TargetGroup",
                    args["target_group_arn_suffixes"][slot],
                ]
            ],
        },
    }
