"""Actions of listeners and rules: what AWS takes, and how it gives it back.

Source: ELBv2 API Reference, Action, ForwardActionConfig and TargetGroupTuple; ELB user guide,
"Listener rules for your Application Load Balancer".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.elbv2.exceptions import (
    ActionTargetGroupNotFoundError,
    ELBClientError,
    InvalidLoadBalancerActionException,
    ValidationError,
)
from moto.elbv2.models import ELBv2Backend

from rehearsal.control_plane.corrections.login_actions import CONFIG_OF, checked_login, in_order
from rehearsal.control_plane.corrections.service_model import (
    at_least,
    at_most,
    refusal_of,
    violation,
)

MAX_WEIGHT = 999
MAX_GROUPS_OF_ACTION = 5
TERMINAL = ("forward", "redirect", "fixed-response")
REDIRECT_DEFAULTS = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}


def checked_actions(
    backend: ELBv2Backend, vpc_id: str, actions: Sequence[dict[str, Any]], protocol: str
) -> list[dict[str, Any]]:
    """The actions as AWS would keep them, in the order in which they are done.

    Args:
        backend: Where the target groups are.
        vpc_id: Of the load balancer.
        actions: As the request has them.
        protocol: Of the listener.

    Raises:
        ELBClientError: AWS refuses them, or the rehearsal cannot do them.
    """
    if not actions:
        raise ValidationError("At least one action must be specified")
    for action in actions:
        if action.get("Type") not in (*TERMINAL, *CONFIG_OF):
            raise ValidationError(
                f"Action type '{action.get('Type')}': not supported by the rehearsal; "
                f"it supports {', '.join((*TERMINAL, *CONFIG_OF))}"
            )
    return [_checked(backend, vpc_id, dict(action)) for action in in_order(actions, protocol)]


def _checked(backend: ELBv2Backend, vpc_id: str, action: dict[str, Any]) -> dict[str, Any]:
    if action["Type"] == "forward":
        return _checked_forward(backend, vpc_id, action)
    if action["Type"] == "redirect":
        return _checked_redirect(action)
    return checked_login(action) if action["Type"] in CONFIG_OF else action


def _checked_redirect(action: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, str] = action.get("RedirectConfig") or {}
    config = {**REDIRECT_DEFAULTS, **given}
    if all(config[k] == REDIRECT_DEFAULTS[k] for k in ("Protocol", "Port", "Host", "Path")):
        raise InvalidLoadBalancerActionException(
            "The redirect configuration is not valid because it creates a loop: it must change "
            "the protocol, the host, the port or the path"
        )
    return {**action, "RedirectConfig": config}


def _checked_forward(backend: ELBv2Backend, vpc_id: str, action: dict[str, Any]) -> dict[str, Any]:
    """Both forms of a forward, kept as AWS shows them.

    A single target group is shown by its ARN as well as in ForwardConfig.
    """
    config = dict(action.get("ForwardConfig") or {})
    groups = [dict(group) for group in config.get("TargetGroups", [])]
    if not groups and action.get("TargetGroupArn"):
        groups = [{"TargetGroupArn": action["TargetGroupArn"]}]
    _check_groups(backend, vpc_id, groups)
    if len(groups) == 1:
        groups[0].setdefault("Weight", 1)
    _check_weights(groups)
    stickiness = config.get("TargetGroupStickinessConfig") or {"Enabled": False}
    kept = {k: v for k, v in action.items() if k != "TargetGroupArn"}
    kept["ForwardConfig"] = {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness}
    if len(groups) == 1:
        kept["TargetGroupArn"] = groups[0]["TargetGroupArn"]
    return kept


def _check_groups(backend: ELBv2Backend, vpc_id: str, groups: list[dict[str, Any]]) -> None:
    arns = [group["TargetGroupArn"] for group in groups]
    if not arns:
        raise ValidationError("A forward action needs at least one target group")
    if len(arns) > MAX_GROUPS_OF_ACTION:
        raise ELBClientError(
            "TooManyTargetGroups",
            f"A forward action can have at most {MAX_GROUPS_OF_ACTION} target groups",
        )
    if len(set(arns)) < len(arns):
        raise ValidationError("Target groups of a forward action must be unique")
    for arn in arns:
        group = backend.target_groups.get(arn)
        if group is None:
            raise ActionTargetGroupNotFoundError(arn)
        if group.vpc_id != vpc_id:
            raise ELBClientError(
                "InvalidConfigurationRequest",
                f"Target group '{arn}' is in another VPC than the load balancer",
            )


def _check_weights(groups: list[dict[str, Any]]) -> None:
    for number, group in enumerate(groups, start=1):
        weight = group.get("Weight")
        where = f"actions.1.member.forwardConfig.targetGroups.{number}.member.weight"
        if weight is None:
            raise ValidationError("Weight must be specified for each of several target groups")
        if weight < 0 or weight > MAX_WEIGHT:
            bound = at_most(MAX_WEIGHT) if weight > 0 else at_least(0)
            raise ValidationError(refusal_of(violation(weight, where, bound)))
    if not any(group["Weight"] for group in groups):
        raise ValidationError(
            "every weight is 0: not supported by the rehearsal, for AWS documents nowhere what "
            "happens then"
        )
