from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live.address import ServiceAddress
from live.rules import live_rule
from rehearsal.provider.families.actions import from_aws
from rollout.forward_action import declared_groups, target_group_weights
from rollout.split import Slot

ROOT = Path(__file__).parents[2]
A, B, C = "arn:tg/a-01/1", "arn:tg/a-02/2", "arn:tg/other/3"
FORWARDS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "explicit weights": ({"groups": [(A, 90), (B, 10)]}, {A: 90, B: 10}),
    "one group without weight": ({"groups": [(A, None)]}, {A: 1}),
    "a target group ARN alone": ({"alone": B}, {B: 1}),
    "weights of another scale": ({"groups": [(A, 3), (B, 1)]}, {A: 3, B: 1}),
    "three groups": ({"groups": [(A, 50), (B, 30), (C, 20)]}, {A: 50, B: 30, C: 20}),
}


def of_aws(forward: dict[str, Any]) -> dict[str, Any]:
    """The action as DescribeRules has it."""
    if "alone" in forward:
        return {"Type": "forward", "TargetGroupArn": forward["alone"]}
    groups = [
        {"TargetGroupArn": arn, **({} if weight is None else {"Weight": weight})}
        for arn, weight in forward["groups"]
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def of_provider(forward: dict[str, Any]) -> dict[str, Any]:
    """The same as the engine's state has it, where every number is a float."""
    if "alone" in forward:
        return {"type": "forward", "targetGroupArn": forward["alone"]}
    groups = [
        {"arn": arn, **({} if weight is None else {"weight": float(weight)})}
        for arn, weight in forward["groups"]
    ]
    return {"type": "forward", "forward": {"targetGroups": groups}}


@pytest.mark.parametrize("name", FORWARDS)
def test_both_forms_of_an_action_have_the_same_weights(name: str) -> None:
    forward, weights = FORWARDS[name]

    assert target_group_weights(of_aws(forward)) == weights
    assert dict(declared_groups({"actions": [of_provider(forward)]})) == weights
    assert dict(declared_groups({"actions": from_aws([of_aws(forward)])})) == weights


@pytest.mark.parametrize("name", FORWARDS)
def test_the_live_rule_has_the_weights_of_its_slots_and_tells_the_others(name: str) -> None:
    forward, weights = FORWARDS[name]
    service = ServiceAddress("a", "arn:rule", {Slot.FIRST: A, Slot.SECOND: B})

    rule = live_rule(service, {"Actions": [of_aws(forward)]})

    assert (rule.weight_01, rule.weight_02) == (weights.get(A, 0), weights.get(B, 0))
    assert list(rule.foreign_targets) == [arn for arn in weights if arn == C]


def test_an_action_that_does_not_forward_has_no_target_group() -> None:
    assert target_group_weights({"Type": "fixed-response", "FixedResponseConfig": {}}) == {}
    assert declared_groups({"actions": [{"type": "redirect", "redirect": {}}]}) == []
    assert declared_groups({}) == []


def test_two_target_groups_that_a_preview_does_not_know_yet_stay_two() -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    groups = [{"arn": unknown, "weight": 90}, {"arn": unknown, "weight": unknown}]
    action = {"type": "forward", "forward": {"targetGroups": groups}}

    assert declared_groups({"actions": [action]}) == [(unknown, 90), (unknown, unknown)]


WRITERS = {
    "rehearsal/control_plane/corrections/forward_actions.py",  # what AWS checks and fills in
    "rehearsal/provider/families/actions.py",  # inputs to a request
    "rollout/forward_action.py",
}
"""Who may look into the lists of an action, beside the one reader."""


def looked_into(source: str) -> Iterator[str]:
    """The keys of a forward action's lists by which a text of Python reads them."""
    for node in ast.walk(ast.parse(source)):
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            key = node.slice
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get" and node.args:
            key = node.args[0]
        if isinstance(key, ast.Constant) and key.value in {"Weight", "targetGroups"}:
            yield str(key.value)


def test_nobody_else_reads_the_weights_of_an_action() -> None:
    packages = (
        *("components", "fleets", "live", "ops", "policy", "probe", "rehearsal", "rollout"),
        "settings",
    )
    modules = {
        path.relative_to(ROOT).as_posix(): path
        for package in packages
        for path in (ROOT / package).rglob("*.py")
    }

    readers = {name for name, path in modules.items() if [*looked_into(path.read_text())]}

    assert readers <= WRITERS


def test_a_reader_is_seen() -> None:
    assert [*looked_into('w = group.get("Weight", 1)')] == ["Weight"]
    assert [*looked_into('for g in forward["targetGroups"]: pass')] == ["targetGroups"]
    assert [*looked_into('{"Weight": 1}')] == []
