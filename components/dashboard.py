"""A service's dashboard: both slots side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from rollout.split import Slot
from settings.names import Names

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
    """What a dashboard is made from."""

    names: Names
    """The convention of every name."""
    service: str
    """The service that it shows."""
    region: str
    """Where the metrics are."""
    load_balancer_arn_suffix: pulumi.Input[str]
    """The `LoadBalancer` dimension."""
    target_group_arn_suffixes: Mapping[Slot, pulumi.Input[str]]
    """The `TargetGroup` dimension of each slot."""


def declare_dashboard(
    parent: pulumi.Resource, name: str, args: DashboardArgs
) -> aws.cloudwatch.Dashboard:
    """One row per metric, slot 01 left and slot 02 right."""
    widgets = [
        _widget(args, slot, row, column * _WIDTH // len(Slot))
        for row in range(len(_METRICS))
        for column, slot in enumerate(Slot)
    ]
    return aws.cloudwatch.Dashboard(
        name,
        dashboard_name=args["names"].of(name),
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
            "region": args["region"],
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
