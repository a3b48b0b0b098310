"""Reads which services of a stack get no request, since another rule takes all of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from live.address import ServiceAddress
from live.rules import FoundRule, read_listener
from rollout.conditions import Field
from rollout.hidden_rules import HiddenService, hidden_services
from rollout.rule_places import ListenerRule
from settings.conditions import PREVIEW_HEADER

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


def read_hidden_services(
    elb: ElasticLoadBalancingv2Client, listener_arn: str, services: Sequence[ServiceAddress]
) -> list[HiddenService]:
    """The services that get no request as the listener's rules are.

    Raises:
        LiveError: AWS cannot be read.
    """
    return hidden_among(read_listener(elb, listener_arn), services)


def hidden_among(
    rules: Sequence[FoundRule], services: Sequence[ServiceAddress]
) -> list[HiddenService]:
    """The services that get no request with these rules of a listener."""
    return hidden_services([_listed(each, services) for each in rules])


def _listed(rule: FoundRule, services: Sequence[ServiceAddress]) -> ListenerRule:
    """The rule, with the service whose it is."""
    for each in services:
        if rule.arn == each.rule_arn:
            return ListenerRule(each.service, rule.priority, rule.conditions, each.service)
        if not _is_preview(rule):
            continue
        for slot, arn in each.target_group_arns.items():
            if rule.target_group_arns == frozenset({arn}):
                key = f"{each.service}-{slot}"
                return ListenerRule(key, rule.priority, rule.conditions, each.service)
    return ListenerRule(rule.arn, rule.priority, rule.conditions, does=rule.does)


def _is_preview(rule: FoundRule) -> bool:
    return any(
        each.field == Field.HEADER and each.name.lower() == PREVIEW_HEADER
        for each in rule.conditions
    )
