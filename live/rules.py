"""What the rules of the services do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from live.address import ServiceAddress
from live.clients import Balancing
from live.errors import LiveError, RuleGoneError, translated
from rollout.forward_action import target_group_weights
from rollout.observation import LiveRule
from rollout.split import Slot


def read_rules(elb: Balancing, services: Sequence[ServiceAddress]) -> tuple[LiveRule, ...]:
    """The rules of all services, by one call.

    Raises:
        LiveError: AWS cannot be read, or a rule is not there.
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
    strangers: list[str] = []
    for action in rule["Actions"]:
        if action["Type"] == "forward":
            weights |= target_group_weights(action)
        elif not action["Type"].startswith("authenticate-"):
            strangers.append(action["Type"])
    own = set(service.target_group_arns.values())
    strangers += [arn for arn, weight in weights.items() if arn not in own and weight > 0]
    return LiveRule(
        service=service.service,
        arn=service.rule_arn,
        weight_01=weights.get(service.target_group_arns[Slot.FIRST], 0),
        weight_02=weights.get(service.target_group_arns[Slot.SECOND], 0),
        strangers=tuple(strangers),
    )


def _described(elb: Balancing, arns: list[str]) -> dict[str, Mapping[str, Any]]:
    """The rules that are there; when one is not, AWS fails the call for all of them."""
    try:
        with translated():
            found = elb.describe_rules(RuleArns=arns)["Rules"]
    except LiveError as error:
        if not _is_missing(error) or len(arns) == 1:
            if _is_missing(error):
                return {}
            raise
        parts = [_described(elb, [arn]) for arn in arns]
        return {arn: rule for part in parts for arn, rule in part.items()}
    return {rule["RuleArn"]: rule for rule in found}


def _is_missing(error: LiveError) -> bool:
    cause = error.__cause__
    if not isinstance(cause, ClientError):
        return False
    return cause.response.get("Error", {}).get("Code") == "RuleNotFound"


def _gone(services: Sequence[ServiceAddress]) -> str:
    named = ", ".join(f"{service.service} ({service.rule_arn})" for service in services)
    return f"the listener rule is gone: {named}; somebody deleted it"
