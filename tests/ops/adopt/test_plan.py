from __future__ import annotations

from typing import Any

import pytest

from ops.adopt.plan import Kind, Step, planned
from ops.adopt.proposal import Import
from ops.inspect.document import Rule
from tests.ops.balancers import forward, group_arn, rule

RULE = "aws:lb/listenerRule:ListenerRule"
WEB = group_arn("web-tg")
IMPORTS = (Import("web", "arn:rule"),)
SINGLE = rule(20, "web-tg", "/*")
DOUBLE = rule(20, "web-tg", "/*", actions=(forward(("web-tg", 3), ("b-tg", 1)),))


def step(operation: str, type_token: str, name: str, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:prod::failover::failover:index:Service${type_token}::{name}"
    return {"op": operation, "urn": urn, **more}


def conversion(*weights: tuple[str, int], diff: tuple[str, ...] = ("actions[0].forward",)) -> Any:
    groups = [{"arn": arn, "weight": weight} for arn, weight in weights]
    inputs = {"actions": [{"type": "forward", "forward": {"targetGroups": groups}}]}
    paths = {path: {"kind": "update"} for path in diff}
    return step("update", RULE, "web", detailedDiff=paths, newState={"inputs": inputs})


def only(found: dict[str, Any], live: Rule = SINGLE) -> Step:
    (told,) = planned([found], IMPORTS, {"web": live}).steps
    return told


def test_a_rule_that_gets_two_weighted_groups_is_a_conversion() -> None:
    told = only(conversion((WEB, 100), ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", 0)))

    assert (told.kind, told.said) == (Kind.CONVERSION, "one target group becomes two, 100/0")


def test_two_weighted_groups_keep_their_shares() -> None:
    kept = only(conversion((WEB, 75), (group_arn("b-tg"), 25)), DOUBLE)
    moved = only(conversion((WEB, 100), (group_arn("b-tg"), 0)), DOUBLE)

    assert (kept.kind, kept.said) == (Kind.CONVERSION, "its weights become shares of 100, 75/25")
    assert moved.kind is Kind.REFUSED


def test_what_is_made_is_new_and_what_stays_or_is_a_component_is_not_told() -> None:
    steps = [
        step("create", "aws:lb/targetGroup:TargetGroup", "web-02"),
        step("create", "failover:index:Slot", "web-02"),
        step("same", RULE, "web"),
    ]

    plan = planned(steps, IMPORTS, {"web": SINGLE})

    assert [(each.kind, each.name) for each in plan.steps] == [(Kind.NEW, "web-02")]
    assert plan.refused == ()


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (step("create", RULE, "web"), "not imported"),
        (step("delete", RULE, "web"), "would delete it"),
        (
            step("replace", RULE, "web", replaceReasons=["listenerArn"]),
            "would replace it, because of listenerArn",
        ),
        (step("create-replacement", "aws:lb/targetGroup:TargetGroup", "x"), "would replace it"),
        (
            step("update", "aws:autoscaling/group:Group", "web-02", detailedDiff={"maxSize": {}}),
            "would change maxSize",
        ),
        (conversion((WEB, 100), ("b", 0), diff=("priority", "actions[0]")), "change priority"),
        (conversion((WEB, 100)), "would forward to 1 target groups"),
        (conversion(("a", 100), ("b", 0)), f"would move requests: from 100 of {WEB} to 100/0"),
        (conversion((WEB, 90), ("b", 10)), f"would move requests: from 100 of {WEB} to 90/10"),
    ],
)
def test_anything_else_stops_the_adoption_with_its_reason(found: Any, why: str) -> None:
    told = only(found)

    assert told.kind is Kind.REFUSED
    assert why in told.said
