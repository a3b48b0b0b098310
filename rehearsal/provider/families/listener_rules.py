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


def _condition_as_aws(condition: Values) -> dict[str, Any]:
    if "hostHeader" in condition:
        values = {"Values": condition["hostHeader"]["values"]}
        return {"Field": "host-header", "HostHeaderConfig": values}
    if "pathPattern" in condition:
        values = {"Values": condition["pathPattern"]["values"]}
        return {"Field": "path-pattern", "PathPatternConfig": values}
    header = condition["httpHeader"]
    return {
        "Field": "http-header",
        "HttpHeaderConfig": {
            "HttpHeaderName": header["httpHeaderName"],
            "Values": header["values"],
        },
    }


def _condition_from_aws(condition: Any) -> Values:
    field = condition.get("Field")
    if field == "host-header":
        return {"hostHeader": {"values": _values(condition, "HostHeaderConfig")}}
    if field == "path-pattern":
        return {"pathPattern": {"values": _values(condition, "PathPatternConfig")}}
    if field == "http-header":
        name = condition["HttpHeaderConfig"]["HttpHeaderName"]
        values = _values(condition, "HttpHeaderConfig")
        return {"httpHeader": {"httpHeaderName": name, "values": values}}
    return {"notSupportedByTheRehearsal": field}


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
            yield f"conditions[{at}]", "needs exactly one of hostHeader, httpHeader, pathPattern"


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
