"""Finds the rules of services in AWS, for a stack without outputs.

A stack has no outputs before its first completed update: after an import, or after an interrupted
first update.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from live.address import ServiceAddress
from live.clients import pages
from rollout.forward_action import target_group_weights
from rollout.observation import is_named
from rollout.split import Slot

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


@dataclass(frozen=True, slots=True)
class ListenerHint:
    """Where the config places its rules."""

    listener_arn: str | None
    """`None` for the HTTPS listener of the stack's own load balancer."""
    load_balancer_name: str


@dataclass(frozen=True, slots=True)
class ServiceQuery:
    """A service of the config."""

    service: str
    priority: int
    target_groups: Mapping[Slot, str]
    """ARNs if they are known, else names."""


def find_services(
    elb: ElasticLoadBalancingv2Client, hint: ListenerHint, queries: Sequence[ServiceQuery]
) -> tuple[ServiceAddress, ...]:
    """The services whose rule exists and forwards to one of their target groups.

    Raises:
        LiveError: AWS cannot be read.
    """
    listener_arn = find_listener(elb, hint)
    if listener_arn is None:
        return ()
    rules = pages(elb, "describe_rules", "Rules", ListenerArn=listener_arn)
    groups = pages(elb, "describe_target_groups", "TargetGroups")
    arns = [group["TargetGroupArn"] for group in groups]
    found = [_address(query, rules, arns) for query in queries]
    return tuple(address for address in found if address is not None)


def find_listener(elb: ElasticLoadBalancingv2Client, hint: ListenerHint) -> str | None:
    """The ARN of the listener; None if its load balancer does not exist yet.

    Raises:
        LiveError: AWS cannot be read.
    """
    return hint.listener_arn or _https_listener(elb, hint.load_balancer_name)


def _https_listener(elb: ElasticLoadBalancingv2Client, name: str) -> str | None:
    balancers = [
        balancer["LoadBalancerArn"]
        for balancer in pages(elb, "describe_load_balancers", "LoadBalancers")
        if balancer["LoadBalancerName"] == name
    ]
    if not balancers:
        return None
    listeners = pages(elb, "describe_listeners", "Listeners", LoadBalancerArn=balancers[0])
    https = [each["ListenerArn"] for each in listeners if each.get("Protocol") == "HTTPS"]
    return https[0] if https else None


def _address(
    query: ServiceQuery, rules: Sequence[Mapping[str, Any]], arns: Sequence[str]
) -> ServiceAddress | None:
    known = {
        slot: next((arn for arn in arns if is_named(group, arn)), None)
        for slot, group in query.target_groups.items()
    }
    own = {slot: arn for slot, arn in known.items() if arn is not None}
    if len(own) < len(Slot):
        return None
    for rule in rules:
        if rule["Priority"] == str(query.priority) and _forwards(rule) & set(own.values()):
            return ServiceAddress(query.service, rule["RuleArn"], own)
    return None


def _forwards(rule: Mapping[str, Any]) -> set[str]:
    return {arn for action in rule["Actions"] for arn in target_group_weights(action)}
