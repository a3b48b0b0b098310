"""Which of its own metrics an Auto Scaling group sends to CloudWatch.

They are kept and shown; nothing is sent.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from rehearsal.control_plane.correction import Add, Correction, Replace
from rehearsal.control_plane.corrections.group_settings import group_named
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

GRANULARITY = "1Minute"

METRICS = tuple(
    f"{scope}{name}"
    for scope, names in (
        ("Group", ("MinSize", "MaxSize", "DesiredCapacity")),
        (
            "Group",
            tuple(
                f"{state}{unit}"
                for state in ("InService", "Pending", "Standby", "Terminating", "Total")
                for unit in ("Instances", "Capacity")
            ),
        ),
        (
            "WarmPool",
            (
                "DesiredCapacity",
                "WarmedCapacity",
                "PendingCapacity",
                "TerminatingCapacity",
                "TotalCapacity",
                "MinSize",
            ),
        ),
        ("GroupAndWarmPool", ("DesiredCapacity", "TotalCapacity")),
    )
    for name in names
)
"""Source: Auto Scaling API Reference, EnableMetricsCollection.Metrics."""


def _named(self: AutoScalingResponse) -> tuple[Any, list[str]]:
    """The group, and the metrics that the request is about: all of them when it names none."""
    params = self._get_params()
    group = group_named(self.autoscaling_backend, params["AutoScalingGroupName"])
    metrics = params.get("Metrics") or list(METRICS)
    for metric in metrics:
        if metric not in METRICS:
            raise ValidationError(f"Metric '{metric}' is not one of {', '.join(METRICS)}")
    return group, metrics


def _enable(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del world, original
    group, metrics = _named(self)
    granularity = self._get_params().get("Granularity")
    if granularity != GRANULARITY:
        raise ValidationError(f"Granularity '{granularity}' must be {GRANULARITY}")
    group.metrics = [*group.metrics, *(one for one in metrics if one not in group.metrics)]
    return EmptyResult()


def _disable(world: World, self: AutoScalingResponse) -> ActionResult:
    del world
    group, metrics = _named(self)
    group.metrics = [one for one in group.metrics if one not in metrics]
    return EmptyResult()


GROUP_METRICS = Correction(
    name="auto-scaling-group-metrics",
    moto="Enabling metrics replaces those that are on; they cannot be disabled.",
    aws="Enabling adds to them and disabling takes away; naming none means all.",
    changes=(
        Replace(AutoScalingResponse, "enable_metrics_collection", _enable),
        Add(AutoScalingResponse, "disable_metrics_collection", _disable),
    ),
)
