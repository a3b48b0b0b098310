"""Which load balancers forward to which target groups, by their listeners and rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.elbv2.models import ELBv2Backend

from rollout.forward_action import target_group_weights


def forwarded_to(action: Any) -> list[str]:
    """ARNs of the target groups that a moto action forwards to, those of weight 0 included."""
    return list(target_group_weights(action.data))


def users_of_target_groups(elbv2: ELBv2Backend) -> dict[str, list[Any]]:
    """For each target group in use, by ARN: moto's load balancers that forward to it.

    A target group is in use from the moment that a listener or a rule refers to it, whatever the
    weight. Source: ELB user guide, "Health checks for your target groups".
    """
    users: dict[str, list[Any]] = {}
    for balancer, arn in _references(elbv2):
        known = users.setdefault(arn, [])
        if balancer not in known:
            known.append(balancer)
    return users


def _references(elbv2: ELBv2Backend) -> Iterator[tuple[Any, str]]:
    for balancer in elbv2.load_balancers.values():
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                for action in rule.actions:
                    for arn in forwarded_to(action):
                        yield balancer, arn
