"""What the new inputs change, told from the old state."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.provider.diff import PropertyDifference, changes, without_ignored
from rehearsal.provider.families.autoscaling import GROUP
from rehearsal.provider.families.listener_rules import LISTENER_RULE
from rehearsal.provider.families.target_groups import TARGET_GROUP
from rehearsal.provider.table import (
    Block,
    ResourceType,
    SchemaListOf,
    SetOf,
    Values,
    without_defaults_key,
)
from rehearsal.provider.wire import UNKNOWN
from tests.rehearsal.provider.declarations import declared, shuffled, texts


@given(declared())
def test_a_state_with_its_own_inputs_changes_nothing(
    example: tuple[ResourceType, Values],
) -> None:
    kind, inputs = example

    assert changes(kind, without_defaults_key(inputs), inputs) == []


@given(declared(), st.integers())
def test_the_order_of_a_set_is_no_change(example: tuple[ResourceType, Values], seed: int) -> None:
    kind, inputs = example
    told = shuffled(Block(kind.properties), without_defaults_key(inputs), random.Random(seed))

    assert changes(kind, told, inputs) == []


@given(declared(), st.data())
def test_one_changed_property_is_the_only_one_that_shows(
    example: tuple[ResourceType, Values], data: st.DataObject
) -> None:
    kind, inputs = example
    name = data.draw(st.sampled_from(sorted(kind.properties)))
    state, changed = without_defaults_key(inputs), dict(inputs)
    entry = kind.properties[name]
    if isinstance(entry.kind, SchemaListOf | SetOf | Block) or not isinstance(
        inputs.get(name), str
    ):
        changed[name] = UNKNOWN
    else:
        # A blank alone would leave a JSON document the same.
        changed[name] = f"{inputs[name]}x{data.draw(texts)}"

    found = changes(kind, state, changed)

    assert {change.top_level for change in found} == {name}
    assert {change.replaces for change in found} == {entry.replaces}


def _rule(weights: dict[str, Any]) -> Values:
    groups = [{"arn": f"arn:aws:x:::{name}", "weight": weight} for name, weight in weights.items()]
    return {
        "listenerArn": "arn:aws:x:::listener",
        "priority": 10,
        "actions": [{"type": "forward", "forward": {"targetGroups": groups}}],
        "conditions": [
            {"hostHeader": {"values": ["a.example", "b.example"]}},
            {"pathPattern": {"values": ["/*"]}},
        ],
    }


def test_a_stage_is_two_weights_and_nothing_else() -> None:
    found = changes(LISTENER_RULE, _rule({"01": 100, "02": 0}), _rule({"01": 75, "02": 25}))

    assert found == [
        PropertyDifference("actions[0].forward.targetGroups[0].weight", "update"),
        PropertyDifference("actions[0].forward.targetGroups[1].weight", "update"),
    ]


@pytest.mark.parametrize(("old", "new"), [(1, 0), (0, 1), (100, 0), (0, 100)])
def test_a_weight_of_0_differs_from_a_weight_that_is_not_given(old: int, new: int) -> None:
    found = changes(LISTENER_RULE, _rule({"01": old}), _rule({"01": new}))

    assert found == [PropertyDifference("actions[0].forward.targetGroups[0].weight", "update")]


def test_a_condition_value_more_is_one_addition() -> None:
    new = _rule({"01": 100})
    new["conditions"][0]["hostHeader"]["values"] = ["b.example", "a.example", "c.example"]

    found = changes(LISTENER_RULE, _rule({"01": 100}), new)

    assert found == [PropertyDifference("conditions[0].hostHeader.values[2]", "add")]


def test_a_group_taken_out_of_a_forward_is_one_deletion() -> None:
    found = changes(LISTENER_RULE, _rule({"01": 50, "02": 50}), _rule({"01": 50}))

    assert found == [PropertyDifference("actions[0].forward.targetGroups[1]", "delete")]


def test_a_rule_s_priority_changes_in_place_and_its_listener_does_not() -> None:
    new = {**_rule({"01": 100}), "priority": 11, "listenerArn": "arn:aws:x:::other"}

    found = changes(LISTENER_RULE, _rule({"01": 100}), new)

    assert found == [
        PropertyDifference("listenerArn", "update", replaces=True),
        PropertyDifference("priority", "update"),
    ]


@pytest.mark.parametrize("name", ["name", "port", "protocol", "vpcId", "targetType"])
def test_what_a_target_group_is_made_of_replaces_it(name: str) -> None:
    state: Values = {"name": "a", "port": 80, "protocol": "HTTP", "vpcId": "v", "targetType": "ip"}

    found = changes(TARGET_GROUP, state, {**state, name: "other"})

    assert PropertyDifference(name, "update", replaces=True) in found


def test_what_aws_chose_stays_when_the_program_gives_none() -> None:
    state: Values = {"minSize": 1, "maxSize": 2, "desiredCapacity": 2, "healthCheckType": "EC2"}

    found = changes(GROUP, state, {"minSize": 1, "maxSize": 2})

    assert {change.top_level for change in found}.isdisjoint({"desiredCapacity", "healthCheckType"})


def test_a_property_no_longer_declared_is_a_deletion() -> None:
    state: Values = {"minSize": 1, "maxSize": 2, "defaultInstanceWarmup": 30}

    found = changes(GROUP, state, {"minSize": 1, "maxSize": 2})

    assert PropertyDifference("defaultInstanceWarmup", "delete") in found


def test_an_unknown_value_is_a_change_at_its_own_place() -> None:
    state: Values = {"launchTemplate": {"id": "lt-1", "name": "a", "version": "3"}}

    found = changes(GROUP, state, {"launchTemplate": {"id": "lt-1", "version": UNKNOWN}})

    assert PropertyDifference("launchTemplate.version", "update") in found
    assert "launchTemplate.id" not in {change.path for change in found}


def test_a_key_that_is_no_identifier_is_quoted_in_its_path() -> None:
    state: Values = {"tags": {"team": "a", "cost center": "1", 'quo"te': "1"}}

    found = changes(TARGET_GROUP, state, {"tags": {"team": "b"}})

    paths = [change.path for change in found if change.top_level == "tags"]
    assert paths == ['tags["cost center"]', 'tags["quo\\"te"]', "tags.team"]


def test_an_ignored_path_covers_what_is_below_it_and_nothing_beside_it() -> None:
    found = changes(LISTENER_RULE, _rule({"01": 100, "02": 0}), _rule({"01": 75, "02": 25}))

    kept = without_ignored(found, ["actions[0].forward.targetGroups[0]", "priorit"])

    assert [change.path for change in kept] == ["actions[0].forward.targetGroups[1].weight"]


def test_comparing_leaves_both_sides_as_they_were() -> None:
    old, new = _rule({"01": 100}), _rule({"01": 0})
    copies = copy.deepcopy((old, new))

    changes(LISTENER_RULE, old, new)

    assert (old, new) == copies
