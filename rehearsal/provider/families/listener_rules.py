"""Listener rule: conditions, priority and the weighted forward.

Source: hashicorp/aws 6 internal/service/elbv2/listener_rule.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families import actions
from rehearsal.provider.families.tags import ELBV2_TAGGING, TAGS, listed, read_elbv2
from rehearsal.provider.table import Block, Property, ResourceType, SetOf, Values
from rehearsal.provider.values import INTEGER, STRING, arn, between, either, length, matching

DEFAULT_RULE_PRIORITY = 99_999
PRIORITY_LIMIT_SECONDS = 60

_NOT_FOUND = ("RuleNotFound", "ListenerNotFound")


def _conditions_as_aws(conditions: list[Values]) -> list[Any]:
    return [_condition_as_aws(condition) for condition in conditions]


_FIELDS = {
    "hostHeader": ("host-header", "HostHeaderConfig"),
    "pathPattern": ("path-pattern", "PathPatternConfig"),
    "httpHeader": ("http-header", "HttpHeaderConfig"),
    "httpRequestMethod": ("http-request-method", "HttpRequestMethodConfig"),
    "queryStrings": ("query-string", "QueryStringConfig"),
    "sourceIp": ("source-ip", "SourceIpConfig"),
}
"""What ELBv2 calls each kind of condition, and where it has the values."""
_KINDS = {field: kind for kind, (field, _) in _FIELDS.items()}


def _condition_as_aws(condition: Values) -> dict[str, Any]:
    kind = next(kind for kind in _FIELDS if kind in condition)
    (field, config), held = _FIELDS[kind], condition[kind]
    if kind == "queryStrings":
        pairs = [_pair_as_aws(pair) for pair in held]
        return {"Field": field, config: {"Values": pairs}}
    named = {"HttpHeaderName": held["httpHeaderName"]} if kind == "httpHeader" else {}
    return {"Field": field, config: {**named, "Values": held["values"]}}


def _pair_as_aws(pair: Values) -> dict[str, str]:
    return {"Value": pair["value"], **({"Key": pair["key"]} if pair.get("key") else {})}


def _condition_from_aws(condition: Any) -> Values:
    field = condition.get("Field")
    if field not in _KINDS:
        return {"notSupportedByTheRehearsal": field}
    kind = _KINDS[field]
    config = _FIELDS[kind][1]
    if kind == "queryStrings":
        return {kind: [_pair_from_aws(pair) for pair in condition[config]["Values"]]}
    values = _values(condition, config)
    if kind == "httpHeader":
        return {kind: {"httpHeaderName": condition[config]["HttpHeaderName"], "values": values}}
    return {kind: {"values": values}}


def _pair_from_aws(pair: Any) -> Values:
    return {"value": pair["Value"], **({"key": pair["Key"]} if pair.get("Key") else {})}


def _values(condition: Any, config: str) -> list[str]:
    """Values of a condition; AWS also has them in an older place."""
    return list(condition.get(config, {}).get("Values") or condition.get("Values") or ())


def _create_rule(call: ProviderCall, inputs: Values) -> str:
    listener_arn = inputs["listenerArn"]

    def create() -> Any:
        priority = inputs.get("priority") or _free_priority(call, listener_arn)
        return call.aws.elbv2.create_rule(
            ListenerArn=listener_arn,
            Priority=priority,
            Actions=actions.as_aws(inputs["actions"]),
            Conditions=_conditions_as_aws(inputs["conditions"]),
            **listed(inputs.get("tags")),
        )

    # Two rules without a priority may find the same free one.
    retry = () if inputs.get("priority") else ("PriorityInUse",)
    answer = call.retried(create, *retry, limit_seconds=PRIORITY_LIMIT_SECONDS)
    return answer["Rules"][0]["RuleArn"]


def _free_priority(call: ProviderCall, listener_arn: str) -> int:
    pages = call.aws.elbv2.get_paginator("describe_rules").paginate(ListenerArn=listener_arn)
    taken = [rule.get("Priority", "") for page in pages for rule in page["Rules"]]
    return max((int(one) for one in taken if one.isdecimal()), default=0) + 1


def _update_rule(
    call: ProviderCall, rule_arn: str, _old: Values, new: Values, changed: frozenset[str]
) -> None:
    if "priority" in changed:
        call.aws.elbv2.set_rule_priorities(
            RulePriorities=[{"RuleArn": rule_arn, "Priority": new["priority"]}]
        )
    arguments: dict[str, Any] = {}
    if "actions" in changed:
        arguments["Actions"] = actions.as_aws(new["actions"])
    if "conditions" in changed:
        arguments["Conditions"] = _conditions_as_aws(new["conditions"])
    if arguments:
        call.aws.elbv2.modify_rule(RuleArn=rule_arn, **arguments)


def _read_rule(call: ProviderCall, rule_arn: str) -> Values | None:
    answer = unless_gone(lambda: call.aws.elbv2.describe_rules(RuleArns=[rule_arn]), *_NOT_FOUND)
    if not answer or not answer["Rules"]:
        return None
    found: Any = answer["Rules"][0]
    priority = found["Priority"]
    return {
        "arn": rule_arn,
        "listenerArn": re.sub(r":listener-rule(/.+)/[^/]+$", r":listener\1", rule_arn),
        "priority": int(priority) if priority.isdecimal() else DEFAULT_RULE_PRIORITY,
        "actions": actions.from_aws(found["Actions"]),
        "conditions": [_condition_from_aws(one) for one in found.get("Conditions", ())],
        "tags": read_elbv2(call, rule_arn),
    }


def _delete_rule(call: ProviderCall, rule_arn: str, _state: Values) -> None:
    unless_gone(lambda: call.aws.elbv2.delete_rule(RuleArn=rule_arn), *_NOT_FOUND)


def _rule_problems(inputs: Values) -> Iterator[tuple[str, str]]:
    yield from actions.action_problems("actions", inputs.get("actions"))
    for at, condition in actions.known_blocks(inputs.get("conditions")):
        if len(condition.keys() & _CONDITION.properties.keys()) != 1:
            yield f"conditions[{at}]", f"needs exactly one of {', '.join(sorted(_FIELDS))}"


_METHOD = matching(r"[A-Za-z_-]{1,40}", "an HTTP method")
_CONDITION_VALUES = Property(SetOf(STRING), required=True, valid=length(1, 128))
_CONDITION = Block(
    {
        "hostHeader": Property(Block({"values": _CONDITION_VALUES})),
        "pathPattern": Property(Block({"values": _CONDITION_VALUES})),
        "httpHeader": Property(
            Block(
                {
                    "httpHeaderName": Property(
                        STRING,
                        required=True,
                        valid=matching(r"[0-9A-Za-z_!#$%&'*+,.^`|~-]{1,40}", "a header name"),
                    ),
                    "values": _CONDITION_VALUES,
                }
            )
        ),
        "httpRequestMethod": Property(
            Block({"values": Property(SetOf(STRING), required=True, valid=_METHOD)})
        ),
        "queryStrings": Property(
            SetOf(
                Block(
                    {
                        "key": Property(STRING),
                        "value": Property(STRING, required=True),
                    }
                )
            )
        ),
        "sourceIp": Property(Block({"values": Property(SetOf(STRING))})),
    }
)

LISTENER_RULE = ResourceType(
    token="aws:lb/listenerRule:ListenerRule",
    properties={
        "listenerArn": Property(STRING, required=True, replaces=True, valid=arn),
        "priority": Property(
            INTEGER,
            computed=True,
            valid=either(between(1, 50_000), between(DEFAULT_RULE_PRIORITY, DEFAULT_RULE_PRIORITY)),
        ),
        "actions": Property(actions.ACTIONS, required=True),
        "conditions": Property(SetOf(_CONDITION), required=True),
        "tags": TAGS,
    },
    outputs=("arn",),
    create=_create_rule,
    read=_read_rule,
    update=_update_rule,
    delete=_delete_rule,
    tagging=ELBV2_TAGGING,
    problems=_rule_problems,
    as_declared=lambda state, inputs: {
        **state,
        "actions": actions.as_declared(state["actions"], inputs.get("actions")),
    },
)
