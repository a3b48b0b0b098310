"""Target groups of Auto Scaling groups: attached and detached, by name or as traffic sources.

Traffic sources are the newer form of the same.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from rehearsal.control_plane.autoscaling.group import active
from rehearsal.control_plane.autoscaling.group_step import GroupStep
from rehearsal.control_plane.correction import Add, ComputedProperty, Correction, Replace
from rehearsal.control_plane.corrections.group_settings import check_target_groups, group_named
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

_TYPE = "elbv2"
"""Of a target group. Source: Auto Scaling API, TrafficSourceIdentifier."""
_TARGET_GROUP = ":targetgroup/"


def _attach_target_groups(
    world: World,
    original: _Original,
    self: AutoScalingBackend,
    group_name: str,
    target_group_arns: list[str],
) -> None:
    check_target_groups(self, target_group_arns)
    del world
    original(self, group_name, target_group_arns)


def _detach_target_groups(
    world: World,
    original: _Original,
    self: AutoScalingBackend,
    group_name: str,
    target_group_arns: list[str],
) -> None:
    """The next tick deregisters the instances."""
    del world, original
    group = group_named(self, group_name)
    group.target_group_arns = [a for a in group.target_group_arns if a not in target_group_arns]


def _describe_target_groups(
    world: World, original: _Original, self: AutoScalingResponse
) -> ActionResult:
    del original
    group = group_named(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
    step = GroupStep(world, self.autoscaling_backend, group, world.clock.now())
    described = [
        {"LoadBalancerTargetGroupARN": arn, "State": attachment_state(step, arn)}
        for arn in group.target_group_arns
    ]
    return ActionResult({"LoadBalancerTargetGroups": described})


def attachment_state(step: GroupStep, arn: str) -> str:
    """Adding until all are registered, InService once one of them is healthy."""
    members = list(active(step.members))
    if not all(arn in member.attached for member in members):
        return "Adding"
    healthy = any(r.state.state == "healthy" for r in step.world.targets.active(arn))
    return "InService" if healthy else "Added"


def _described(arn: str) -> dict[str, str]:
    return {"Identifier": arn, "Type": _TYPE}


def _asked(response: AutoScalingResponse) -> tuple[Any, list[str]]:
    """The group and the target groups that a call names.

    Raises:
        ValidationError: there is no such group, or a source is not a target group.
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


TARGET_GROUPS_OF_GROUPS = Correction(
    name="group-target-groups",
    moto="Instances are registered and deregistered inside the request; every group is Added.",
    aws="They follow as time goes by, and the state of an attachment with them.",
    changes=(
        Replace(AutoScalingBackend, "attach_load_balancer_target_groups", _attach_target_groups),
        Replace(AutoScalingBackend, "detach_load_balancer_target_groups", _detach_target_groups),
        Replace(
            AutoScalingResponse, "describe_load_balancer_target_groups", _describe_target_groups
        ),
    ),
)

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
