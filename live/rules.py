"""The live rules of the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from live.address import ServiceAddress
from live.errors import LiveError, RuleGoneError, translated
from rollout.forward_action import target_group_weights
from rollout.observation import LiveRule
from rollout.split import Slot

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


def read_rules(
    elb: ElasticLoadBalancingv2Client, services: Sequence[ServiceAddress]
) -> tuple[LiveRule, ...]:
    """The rules of all services, by one call.

    Raises:
        LiveError: AWS cannot be read, or a rule does not exist.
    """
    if not services:
        return ()
    rules = _described(elb, [service.rule_arn for service in services])
    gone = [service for service in services if service.rule_arn not in rules]
    if gone:
        raise RuleGoneError(_gone(gone))
    return tuple(live_rule(service, rules[service.rule_arn]) for service in services)


def live_rule(service: ServiceAddress, rule: Mapping[str, Any]) -> LiveRule:
    """A rule as `DescribeRules` has it; a forward to one target group has weight 1 there."""
    weights: dict[str, int] = {}
    foreign_targets: list[str] = []
    for action in rule["Actions"]:
        if action["Type"] == "forward":
            weights |= target_group_weights(action)
        elif not action["Type"].startswith("authenticate-"):
            foreign_targets.append(action["Type"])
    own = set(service.target_group_arns.values())
    foreign_targets += [arn for arn, weight in weights.items() if arn not in own and weight > 0]
    return LiveRule(
        service=service.service,
        arn=service.rule_arn,
        weight_01=weights.get(service.target_group_arns[Slot.FIRST], 0),
        weight_02=weights.get(service.target_group_arns[Slot.SECOND], 0),
        foreign_targets=tuple(foreign_targets),
    )


def _described(elb: ElasticLoadBalancingv2Client, arns: list[str]) -> dict[str, Mapping[str, Any]]:
    """The rules that exist; AWS fails the call for all of them if one does not."""
    try:
        with translated():
            described: Any = elb.describe_rules(RuleArns=arns)
    except LiveError as error:
        if not _is_missing(error) or len(arns) == 1:
            if _is_missing(error):
                return {}
            raise
        parts = [_described(elb, [arn]) for arn in arns]
        return {arn: rule for part in parts for arn, rule in part.items()}
    return {rule["RuleArn"]: rule for rule in described["Rules"]}


def _is_missing(error: LiveError) -> bool:
    cause = error.__cause__
    if not isinstance(cause, ClientError):
        return False
    return cause.response.get("Error", {}).get("Code") == "RuleNotFound"


def _gone(services: Sequence[ServiceAddress]) -> str:
    named = ", ".join(f"{service.service} ({service.rule_arn})" for service in services)
    return f"the listener rule was deleted outside Pulumi: {named}"
