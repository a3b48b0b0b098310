"""All obstacles to weighted slots on a load balancer, from its inspection."""

from __future__ import annotations

from collections.abc import Collection

from ops.inspect.document import Inspection
from ops.inspect.group_obstacles import group_obstacles
from ops.inspect.obstacle import Obstacle
from ops.inspect.rule_obstacles import (
    balancer_obstacles,
    candidates,
    hidden_obstacles,
    rule_obstacles,
)


def obstacles(
    inspection: Inspection, chosen: Collection[str] | None = None
) -> tuple[Obstacle, ...]:
    """Every obstacle, rules first.

    `chosen`: the ARNs of the rules that are to become services; with it, only obstacles of these
    rules and of the groups that they forward to are returned.
    """
    found = (
        *rule_obstacles(inspection),
        *hidden_obstacles(inspection),
        *group_obstacles(inspection),
    )
    rules = [rule for _, rule in candidates(inspection) if rule.priority is not None]
    if chosen is None:
        services = len({group.arn for rule in rules for group in rule.groups})
        return (*balancer_obstacles(inspection, services), *found)
    groups = {group.arn for rule in rules if rule.arn in chosen for group in rule.groups}
    wanted = {*chosen, *groups}
    return (
        *balancer_obstacles(inspection, len(chosen)),
        *(each for each in found if wanted & set(each.arns)),
    )
