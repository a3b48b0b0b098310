"""Reads a load balancer and all that is behind it, in few calls.

Health and attributes take two calls for each target group, which is the one thing here that grows
with the account. They are read for as many groups as the budget allows, those that a service could
have first; of the others the Auto Scaling group's own view is all that is known.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from ops.inspect.balancer_reading import (
    CALLS_FOR_DETAILS,
    read_details,
    read_listeners,
    read_load_balancer,
    read_target_groups,
)
from ops.inspect.calls import Calls, reported
from ops.inspect.document import (
    AutoScalingGroup,
    Inspection,
    ListenerReport,
    LoadBalancerReport,
    TargetGroupReport,
)
from ops.inspect.fleet_reading import (
    read_auto_scaling_groups,
    with_configurations,
    with_images,
    with_template,
)

MOST_CALLS = 55
"""The most calls of an inspection without `--all` or `--target-group`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which target groups are read in full."""

    is_everything: bool = False
    names: Collection[str] = ()
    """If given, only these are read, with their templates."""


def inspect(calls: Calls, name_or_arn: str, wanted: Wanted) -> Inspection:
    """Read what there is.

    Raises:
        WrongLoadBalancerError: there is no such Application Load Balancer.
        NotReadableError: AWS gave no answer, or a refusal.
    """
    with contextlib.ExitStack() as open_clients, reported():
        elb, autoscaling, ec2 = (
            open_clients.enter_context(contextlib.closing(calls.client(service)))
            for service in ("elbv2", "autoscaling", "ec2")
        )
        balancer = read_load_balancer(elb, name_or_arn)
        listeners = read_listeners(elb, balancer.arn)
        groups = read_target_groups(elb, balancer.arn, balancer.vpc_id)
        fleet = read_auto_scaling_groups(autoscaling, [group.arn for group in groups])
        fleet = with_configurations(autoscaling, with_images(ec2, fleet))
        spare = MOST_CALLS - calls.count
        in_full = _in_full(listeners, groups, wanted, spare // CALLS_FOR_DETAILS)
        groups = tuple(
            replace(g, details=read_details(elb, g.arn)) if g.arn in in_full else g for g in groups
        )
        fleet = _with_templates(ec2, fleet, in_full, wanted, MOST_CALLS - calls.count)
    return _inspection(calls, balancer, listeners, groups, fleet)


def _inspection(
    calls: Calls,
    balancer: LoadBalancerReport,
    listeners: tuple[ListenerReport, ...],
    groups: tuple[TargetGroupReport, ...],
    fleet: list[AutoScalingGroup],
) -> Inspection:
    return Inspection(
        region=calls.region,
        load_balancer=balancer,
        listeners=listeners,
        target_groups=groups,
        auto_scaling_groups=tuple(sorted(fleet, key=lambda group: group.name)),
        calls=calls.count,
        profile=calls.profile,
    )


def _with_templates(
    ec2: Any, fleet: list[AutoScalingGroup], in_full: Collection[str], wanted: Wanted, spare: int
) -> list[AutoScalingGroup]:
    """`fleet` with its launch templates: of what was wanted by name, or where all can be had."""
    near = {group.name for group in fleet if set(group.target_group_arns) & set(in_full)}
    if not (wanted.is_everything or wanted.names or len(near) <= spare):
        return fleet
    return [with_template(ec2, group) if group.name in near else group for group in fleet]


def _in_full(
    listeners: tuple[ListenerReport, ...],
    groups: tuple[TargetGroupReport, ...],
    wanted: Wanted,
    most: int,
) -> frozenset[str]:
    """The ARNs of the groups that are read in full."""
    if wanted.names:
        return frozenset(g.arn for g in groups if g.name in wanted.names)
    order = [
        group.arn for listener in listeners for rule in listener.rules for group in rule.groups
    ]
    known = {group.arn for group in groups}
    ranked = [arn for arn in dict.fromkeys([*order, *(g.arn for g in groups)]) if arn in known]
    return frozenset(ranked if wanted.is_everything else ranked[: max(0, most)])
