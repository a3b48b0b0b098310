"""The live listener rules: those of the services, and every rule of a listener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from live.address import ServiceAddress
from live.clients import pages
from live.errors import LiveError, RuleGoneError, translated
from rollout.conditions import Condition, Conditions, Field
from rollout.forward_action import target_group_weights
from rollout.observation import LiveRule
from rollout.split import Slot

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

_DEFAULT = "default"
_CONFIGS = {
    Field.HOST: "HostHeaderConfig",
    Field.PATH: "PathPatternConfig",
    Field.METHOD: "HttpRequestMethodConfig",
    Field.SOURCE: "SourceIpConfig",
}


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


@dataclass(frozen=True, slots=True)
class FoundRule:
    """A rule of a listener other than its default rule, which always comes last."""

    arn: str
    priority: int
    conditions: Conditions
    does: str
    """Its action in words, such as `forwards to batch-tg`."""
    target_group_arns: frozenset[str]


def read_listener(elb: ElasticLoadBalancingv2Client, listener_arn: str) -> tuple[FoundRule, ...]:
    """The rules of a listener in their order.

    Raises:
        LiveError: AWS cannot be read.
    """
    found = pages(elb, "describe_rules", "Rules", ListenerArn=listener_arn)
    rules = [_found_rule(each) for each in found if each["Priority"] != _DEFAULT]
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def _found_rule(rule: Mapping[str, Any]) -> FoundRule:
    arns = [arn for action in rule["Actions"] for arn in target_group_weights(action)]
    return FoundRule(
        arn=rule["RuleArn"],
        priority=int(rule["Priority"]),
        conditions=tuple(c for each in rule.get("Conditions", []) for c in _conditions(each)),
        does=", then ".join(_words(action) for action in rule["Actions"]),
        target_group_arns=frozenset(arns),
    )


def _conditions(condition: Mapping[str, Any]) -> list[Condition]:
    """A condition of AWS; regular expressions count as a field of their own."""
    name: str = condition["Field"]
    if name == Field.HEADER:
        config = condition["HttpHeaderConfig"]
        header: str = config["HttpHeaderName"]
        return _with_values(name, config.get("Values", []), config, header)
    if name == Field.QUERY:
        pairs = condition["QueryStringConfig"]["Values"]
        keys = tuple(pair.get("Key") or "*" for pair in pairs)
        return [Condition(name, tuple(pair["Value"] for pair in pairs), keys=keys)]
    config = condition.get(_CONFIGS[Field(name)], {}) if name in set(Field) else condition
    return _with_values(name, config.get("Values") or condition.get("Values", []), config)


def _with_values(
    field: str, values: Sequence[str], config: Mapping[str, Any], header: str = ""
) -> list[Condition]:
    if config.get("RegexValues"):
        return [Condition(f"{field}.regex", (*values, *config["RegexValues"]), header)]
    return [Condition(field, tuple(values), header)]


def _words(action: Mapping[str, Any]) -> str:
    kind: str = action["Type"]
    if kind == "forward":
        names = sorted(arn.rsplit("/", 2)[-2] for arn in target_group_weights(action))
        return f"forwards to {' and '.join(names)}"
    if kind == "redirect":
        return f"redirects ({action['RedirectConfig']['StatusCode']})"
    if kind == "fixed-response":
        return f"answers {action['FixedResponseConfig']['StatusCode']} itself"
    return "authenticates" if kind.startswith("authenticate-") else f"does {kind}"
