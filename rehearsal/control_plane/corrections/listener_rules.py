"""Listener rules: priorities, limits, conditions, and what may be changed.

Source: ELB user guide, "Condition types for listener rules" and "Quotas for your Application Load
Balancers"; ELBv2 API Reference, RuleCondition.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import (
    DuplicatePriorityError,
    ELBClientError,
    InvalidConditionFieldError,
    PriorityInUseError,
    RuleNotFoundError,
    ValidationError,
)
from moto.elbv2.models import ELBv2Backend, FakeListener
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import mock_random

from rehearsal.control_plane.correction import ComputedProperty, Correction, Replace
from rehearsal.control_plane.corrections.forward_actions import checked_actions
from rehearsal.control_plane.target_reconciler import users_of_target_groups
from rehearsal.control_plane.world import World
from rollout.forward_action import target_group_weights
from rollout.json_value import is_map, map_of

_Original = Callable[..., Any]

MAX_VALUES = 5
MAX_WILDCARDS = 6
ONCE_A_RULE = ("host-header", "path-pattern", "http-request-method", "source-ip")
CONFIG_OF = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
WITH_WILDCARDS = ("host-header", "path-pattern", "http-header", "query-string")
_HOST = re.compile(r"[A-Za-z0-9.*?-]+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")

MAX_RULES = 100
"""Rules of one load balancer, not counting the default ones."""

MAX_TARGET_GROUPS = 100
"""Target groups that one load balancer forwards to."""


def checked_conditions(conditions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conditions as AWS would keep them.

    Raises:
        ELBClientError: AWS refuses them, or the rehearsal cannot do them.
    """
    kept = [_checked_condition(condition) for condition in conditions]
    values = [str(value) for condition in kept for value in _texts(condition)]
    if len(values) > MAX_VALUES:
        raise ValidationError(f"A rule can only have '{MAX_VALUES}' condition values")
    wildcards = sum(
        text.count("*") + text.count("?")
        for condition in kept
        if condition["Field"] in WITH_WILDCARDS
        for text in _texts(condition)
    )
    if wildcards > MAX_WILDCARDS:
        raise ValidationError(f"A rule can only have '{MAX_WILDCARDS}' condition wildcards")
    for field, count in Counter(c["Field"] for c in kept).items():
        if count > 1 and field in ONCE_A_RULE:
            raise ValidationError(f"A rule can only have one '{field}' condition")
    return kept


def _checked_condition(condition: dict[str, Any]) -> dict[str, Any]:
    field = condition.get("Field")
    if field not in CONFIG_OF:
        raise InvalidConditionFieldError(str(field))
    config = map_of(condition.get(CONFIG_OF[field]))
    if condition.get("RegexValues") or config.get("RegexValues"):
        raise ValidationError("Regular expressions in conditions: not supported by the rehearsal")
    values: list[Any] = config.get("Values") or condition.get("Values") or []
    if not values:
        raise ValidationError("A condition value must be specified")
    _check_values(field, config, values)
    kept: dict[str, Any] = {"Field": field, CONFIG_OF[field]: {**config, "Values": values}}
    if field in ("host-header", "path-pattern"):
        kept["Values"] = values
    return kept


def _check_values(field: str, config: Mapping[str, Any], values: list[Any]) -> None:
    if field == "http-header":
        name = str(config.get("HttpHeaderName", ""))
        if not _HEADER_NAME.fullmatch(name) or name.lower() == "host":
            raise ValidationError(f"The 'HttpHeaderName' value '{name}' is not valid")
    for value in values:
        text = str(value)
        if field == "host-header" and not _HOST.fullmatch(text):
            raise ValidationError(f"The host-header value '{text}' contains invalid characters")
        if not text or len(text) > 128:
            raise ValidationError(f"The '{field}' value is too long; the limit is '128'")


def _texts(condition: dict[str, Any]) -> list[str]:
    """Every value of a condition, a query string's key and value together as one."""
    values = condition[CONFIG_OF[condition["Field"]]]["Values"]
    return [f"{v.get('Key', '')}={v.get('Value', '')}" if is_map(v) else str(v) for v in values]


def balancer_of(backend: ELBv2Backend, listener_arn: str) -> Any:
    """The load balancer of a listener.

    Raises:
        ListenerNotFoundError: there is no such listener.
    """
    listener = backend.describe_listeners(None, [listener_arn])[0]
    return backend.load_balancers[listener.load_balancer_arn]


def check_number_of_target_groups(
    backend: ELBv2Backend, balancer: Any, actions: list[dict[str, Any]]
) -> None:
    """Refuse actions that take a load balancer over the number of groups it may forward to."""
    users = users_of_target_groups(backend)
    known = {arn for arn, balancers in users.items() if balancer in balancers}
    added = {arn for action in actions for arn in target_group_weights(action)}
    if len(known | added) > MAX_TARGET_GROUPS:
        raise ELBClientError(
            "TooManyUniqueTargetGroupsPerLoadBalancer",
            "You've reached the limit on the number of unique target groups per load balancer "
            "across all listeners.",
        )


def _create_rule(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    del world
    params, backend = self._get_params(), self.elbv2_backend
    if params.get("Transforms"):
        raise ValidationError("Transforms: not supported by the rehearsal")
    balancer = balancer_of(backend, params["ListenerArn"])
    rules = sum(len(listener.rules) - 1 for listener in balancer.listeners.values())
    if rules >= MAX_RULES:
        raise ELBClientError(
            "TooManyRules", "You've reached the limit on the number of rules per load balancer."
        )
    params["Conditions"] = checked_conditions(params.get("Conditions", []))
    params["Actions"] = checked_actions(
        backend, balancer.vpc_id, params.get("Actions", []), _protocol(backend, params)
    )
    check_number_of_target_groups(backend, balancer, params["Actions"])
    return original(self)


def _protocol(backend: ELBv2Backend, params: Mapping[str, Any]) -> str:
    """HTTP or HTTPS: the protocol of the listener that is named."""
    protocol: str = backend.describe_listeners(None, [params["ListenerArn"]])[0].protocol
    return protocol


def _rule(backend: ELBv2Backend, arn: str) -> Any:
    found = backend.describe_rules(listener_arn=None, rule_arns=[arn])
    return found[0]


def _refuse_default(rule: Any, what: str) -> None:
    if rule.is_default:
        raise ELBClientError("OperationNotPermitted", f"Default rule '{rule.arn}' cannot be {what}")


def _modify_rule(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    del world
    params, backend = self._get_params(), self.elbv2_backend
    rule = _rule(backend, params["RuleArn"])
    _refuse_default(rule, "modified")
    if params.get("Transforms") or params.get("ResetTransforms"):
        raise ValidationError("Transforms: not supported by the rehearsal")
    balancer = balancer_of(backend, rule.listener_arn)
    if params.get("Conditions"):
        params["Conditions"] = checked_conditions(params["Conditions"])
    if params.get("Actions"):
        listener = {"ListenerArn": rule.listener_arn}
        params["Actions"] = checked_actions(
            backend, balancer.vpc_id, params["Actions"], _protocol(backend, listener)
        )
        check_number_of_target_groups(backend, balancer, params["Actions"])
    return original(self)


def _delete_rule(world: World, original: _Original, self: ELBv2Backend, arn: str) -> None:
    del world
    _refuse_default(_rule(self, arn), "deleted")
    original(self, arn)


def _set_rule_priorities(
    world: World, original: _Original, self: ELBv2Backend, rule_priorities: list[dict[str, Any]]
) -> list[Any]:
    """All at once: rules may swap their priorities."""
    del world, original
    wanted = {entry["RuleArn"]: int(entry["Priority"]) for entry in rule_priorities}
    taken: set[int] = set()
    for priority in wanted.values():
        if priority in taken:
            raise DuplicatePriorityError(str(priority))
        taken.add(priority)
    rules = [_rule(self, arn) for arn in wanted]
    for rule in rules:
        listener = self.describe_listeners(None, [rule.listener_arn])[0]
        others = [r for r in listener.rules.values() if r.arn not in wanted]
        if any(other.priority in taken for other in others):
            raise PriorityInUseError
    for rule in rules:
        rule.priority = wanted[rule.arn]
    return rules


def _rules_by_priority(world: World, self: FakeListener) -> dict[str, Any]:
    """Rules in the order in which they are tried, the default one last, by ARN."""
    del world
    ordered = sorted(self._non_default_rules.values(), key=lambda rule: int(rule.priority))
    return {rule.arn: rule for rule in (*ordered, *self._default_rule.values())}


def _new_listener(
    world: World, original: _Original, self: FakeListener, *args: Any, **kwargs: Any
) -> None:
    del world
    original(self, *args, **kwargs)
    for rule in self._default_rule.values():
        base = self.arn.replace(":listener/", ":listener-rule/")
        rule.arn = f"{base}/{mock_random.get_random_hex(16)}"


def _already_checked(
    world: World, original: _Original, self: ELBv2Backend, conditions: list[dict[str, Any]]
) -> None:
    """`checked_conditions` has been there, and gives both forms that AWS shows."""
    del world, original, self, conditions


def _describe_rules(
    world: World,
    original: _Original,
    self: ELBv2Backend,
    listener_arn: str | None,
    rule_arns: list[str] | None,
) -> list[Any]:
    del world
    found = original(self, listener_arn, rule_arns)
    if rule_arns and len(found) != len(set(rule_arns)):
        raise RuleNotFoundError("One or more rules not found")
    return found


RULES = Correction(
    name="listener-rules",
    moto=(
        "Weights -1 and 1000, both weights 0, any number of groups, values, wildcards and "
        "rules; rules in the order they were made; the default rule can be changed."
    ),
    aws=(
        "Weights 0 to 999 on up to 5 groups of the load balancer's VPC; 5 values and 6 wildcards a "
        "rule; 100 rules and 100 target groups a load balancer; each priority once, "
        "and rules listed by them; a single target group is shown in both forms of a forward."
    ),
    changes=(
        Replace(ELBV2Response, "create_rule", _create_rule),
        Replace(ELBV2Response, "modify_rule", _modify_rule),
        Replace(ELBv2Backend, "_validate_conditions", _already_checked),
        Replace(ELBv2Backend, "delete_rule", _delete_rule),
        Replace(ELBv2Backend, "set_rule_priorities", _set_rule_priorities),
        Replace(ELBv2Backend, "describe_rules", _describe_rules),
        ComputedProperty(FakeListener, "rules", _rules_by_priority),
        Replace(FakeListener, "__init__", _new_listener),
    ),
)
