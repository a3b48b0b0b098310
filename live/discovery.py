"""Finds the rules of services in AWS, for a stack that has no outputs to tell where they are.

A stack has none before its first completed update: after an import, or after a first update that
ended in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from live.address import ServiceAddress
from live.errors import UnreadableError, translated
from rollout.forward_action import target_group_weights
from rollout.observation import is_named
from rollout.split import Slot


class ListenerReading(Protocol):
    """Elastic Load Balancing v2, by boto3."""

    def get_paginator(self, operation_name: str) -> Any:
        """A paginator of an operation."""
        ...


@dataclass(frozen=True, slots=True)
class ListenerHint:
    """What the config says of where its rules are."""

    listener_arn: str | None
    """`None` where the listener is the HTTPS one of a load balancer that is ours."""
    load_balancer_name: str


@dataclass(frozen=True, slots=True)
class ServiceQuery:
    """A service as the config names it."""

    service: str
    priority: int
    target_groups: Mapping[Slot, str]
    """ARNs where they are known, else names."""


def find_services(
    elb: ListenerReading, where: ListenerHint, sought: Sequence[ServiceQuery]
) -> tuple[ServiceAddress, ...]:
    """The services whose rule is there and forwards to a target group of theirs.

    Raises:
        LiveError: AWS cannot be read.
    """
    listener_arn = find_listener(elb, where)
    if listener_arn is None:
        return ()
    rules = pages(elb, "describe_rules", "Rules", ListenerArn=listener_arn)
    groups = pages(elb, "describe_target_groups", "TargetGroups")
    arns = [group["TargetGroupArn"] for group in groups]
    found = [_address(service, rules, arns) for service in sought]
    return tuple(address for address in found if address is not None)


def find_listener(elb: ListenerReading, where: ListenerHint) -> str | None:
    """The ARN of the listener; None where its load balancer is yet to be made.

    Raises:
        LiveError: AWS cannot be read.
    """
    return where.listener_arn or _https_listener(elb, where.load_balancer_name)


def _https_listener(elb: ListenerReading, name: str) -> str | None:
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
    sought: ServiceQuery, rules: Sequence[Mapping[str, Any]], arns: Sequence[str]
) -> ServiceAddress | None:
    known = {
        slot: next((arn for arn in arns if is_named(group, arn)), None)
        for slot, group in sought.target_groups.items()
    }
    own = {slot: arn for slot, arn in known.items() if arn is not None}
    if len(own) < len(Slot):
        return None
    for rule in rules:
        if rule["Priority"] == str(sought.priority) and _forwards(rule) & set(own.values()):
            return ServiceAddress(sought.service, rule["RuleArn"], own)
    return None


def _forwards(rule: Mapping[str, Any]) -> set[str]:
    return {arn for action in rule["Actions"] for arn in target_group_weights(action)}


def pages(
    elb: ListenerReading, operation: str, key: str, **arguments: Any
) -> list[Mapping[str, Any]]:
    """All that an operation lists, from each of its pages.

    Raises:
        LiveError: AWS cannot be read.
    """
    with translated():
        pages = list(elb.get_paginator(operation).paginate(**arguments))
    if not all(key in page for page in pages):
        raise UnreadableError(f"{operation} answers without {key}")
    return [each for page in pages for each in page[key]]
