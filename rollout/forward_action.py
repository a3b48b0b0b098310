"""Which target groups an action forwards to, and with what weights: the one reader of both forms.

AWS's API writes `ForwardConfig.TargetGroups` or a lone `TargetGroupArn`; a resource of the provider
has `forward.targetGroups` or a lone `targetGroupArn`. Weights are relative to each other, so a
target group that is alone gets everything whatever its weight, and needs none: it counts as 1.
Source: ELBv2 API, `ForwardActionConfig` and `TargetGroupTuple`; the provider's `weight`, whose
default is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollout.json_value import list_of

WEIGHT_WITHOUT_ONE = 1
"""The weight of a target group that has none of its own."""


def target_group_weights(action: Mapping[str, Any]) -> dict[str, int]:
    """The weight of each target group of an action, by ARN, in AWS's order.

    Args:
        action: As DescribeRules has it; one that does not forward has no target group.
    """
    config: Mapping[str, Any] = action.get("ForwardConfig") or {}
    groups: Sequence[Mapping[str, Any]] = config.get("TargetGroups") or []
    if not groups and action.get("TargetGroupArn"):
        groups = [{"TargetGroupArn": action["TargetGroupArn"]}]
    return {
        group["TargetGroupArn"]: int(group.get("Weight", WEIGHT_WITHOUT_ONE)) for group in groups
    }


def declared_groups(rule: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """ARN and weight of each target group that a rule forwards to, as the engine has the rule.

    A list, since in a preview the ARNs of two new target groups are the same placeholder.

    Args:
        rule: The inputs or outputs of an `aws:lb/listenerRule:ListenerRule`.

    Returns:
        In the order of their declaration. What a preview does not know yet is its placeholder.
        Empty where the actions are hidden, as in the events of a rule with a client's secret.
    """
    found: list[tuple[str, Any]] = []
    for action in list_of(rule.get("actions")):
        forward: Mapping[str, Any] = action.get("forward") or {}
        groups: Sequence[Mapping[str, Any]] = forward.get("targetGroups") or []
        if not groups and action.get("targetGroupArn"):
            groups = [{"arn": action["targetGroupArn"]}]
        found += [(group["arn"], _weight(group.get("weight"))) for group in groups]
    return found


def _weight(declared: Any) -> Any:
    """A number of the engine's state is a float."""
    if declared is None:
        return WEIGHT_WITHOUT_ONE
    return round(declared) if isinstance(declared, int | float) else declared
