"""Traffic sources of Auto Scaling groups: the newer way to attach and detach target groups."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from rehearsal.control_plane.autoscaling.reconciler import GroupStep
from rehearsal.control_plane.correction import Add, ComputedProperty, Correction
from rehearsal.control_plane.corrections.group_membership import attachment_state
from rehearsal.control_plane.corrections.group_settings import check_target_groups, group_named
from rehearsal.control_plane.world import World

_TYPE = "elbv2"
"""Of a target group. Source: Auto Scaling API, TrafficSourceIdentifier."""
_TARGET_GROUP = ":targetgroup/"


def _described(arn: str) -> dict[str, str]:
    return {"Identifier": arn, "Type": _TYPE}


def _asked(response: AutoScalingResponse) -> tuple[Any, list[str]]:
    """The group and the target groups that a call names.

    Raises:
        ValidationError: there is no such group, or a source is no target group.
    """
    group = group_named(response.autoscaling_backend, response._get_param("AutoScalingGroupName"))
    sources: Sequence[dict[str, str]] = response._get_param("TrafficSources", [])
    for source in sources:
        kind = source.get("Type", _TYPE)
        if kind != _TYPE or _TARGET_GROUP not in source["Identifier"]:
            raise ValidationError(
                f"TrafficSources {source}: not supported by the rehearsal, which has target groups"
            )
    return group, [source["Identifier"] for source in sources]


def _attach(world: World, self: AutoScalingResponse) -> ActionResult:
    """Beside those that are attached; the next tick registers the instances."""
    del world
    group, arns = _asked(self)
    check_target_groups(self.autoscaling_backend, arns)
    group.target_group_arns = list(dict.fromkeys([*group.target_group_arns, *arns]))
    return EmptyResult()


def _detach(world: World, self: AutoScalingResponse) -> ActionResult:
    """The next tick deregisters the instances, which run on."""
    del world
    group, arns = _asked(self)
    group.target_group_arns = [arn for arn in group.target_group_arns if arn not in arns]
    return EmptyResult()


def _describe(world: World, self: AutoScalingResponse) -> ActionResult:
    backend = self.autoscaling_backend
    group = group_named(backend, self._get_param("AutoScalingGroupName"))
    step = GroupStep(world, backend, group, world.clock.now())
    leaving = [
        arn
        for arn in backend.elbv2_backend.target_groups
        if arn not in group.target_group_arns
        and any(world.targets.is_attached(arn, member.instance_id) for member in step.members)
    ]
    states = {arn: attachment_state(step, arn) for arn in group.target_group_arns}
    states |= dict.fromkeys(leaving, "Removing")
    kind = self._get_param("TrafficSourceType")
    sources = [
        {**_described(arn), "TrafficSource": arn, "State": state}
        for arn, state in states.items()
        if kind in (None, _TYPE)
    ]
    return ActionResult({"TrafficSources": sources})


def _of_group(world: World, self: FakeAutoScalingGroup) -> list[dict[str, str]]:
    del world
    return [_described(arn) for arn in self.target_group_arns]


TRAFFIC_SOURCES = Correction(
    name="traffic-sources",
    moto="It has none of these operations, and shows no group's traffic sources.",
    aws=(
        "They attach and detach target groups as the older operations do; a source that is "
        "detached is shown as Removing while its instances drain."
    ),
    changes=(
        Add(AutoScalingResponse, "attach_traffic_sources", _attach),
        Add(AutoScalingResponse, "detach_traffic_sources", _detach),
        Add(AutoScalingResponse, "describe_traffic_sources", _describe),
        ComputedProperty(FakeAutoScalingGroup, "traffic_sources", _of_group),
    ),
)
