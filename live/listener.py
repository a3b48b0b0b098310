"""Every rule of a listener, whoever created it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from live.clients import pages
from rollout.conditions import Condition, Conditions, Field
from rollout.forward_action import target_group_weights

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

_DEFAULT = "default"
_CONFIGS = {
    Field.HOST: "HostHeaderConfig",
    Field.PATH: "PathPatternConfig",
    Field.METHOD: "HttpRequestMethodConfig",
    Field.SOURCE: "SourceIpConfig",
}


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
    rules = [_rule(each) for each in found if each["Priority"] != _DEFAULT]
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def _rule(rule: Mapping[str, Any]) -> FoundRule:
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
