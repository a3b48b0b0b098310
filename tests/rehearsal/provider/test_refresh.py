"""A state that is read back, and the inputs that it means."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from rehearsal.provider.diff import changes
from rehearsal.provider.families.listener_rules import LISTENER_RULE
from rehearsal.provider.families.load_balancers import LOAD_BALANCER
from rehearsal.provider.families.network import INTERNET_GATEWAY
from rehearsal.provider.families.storage import BUCKET_POLICY
from rehearsal.provider.provisioning import fitted, inputs_of
from rehearsal.provider.table import Block, ResourceType, Values, without_defaults_key
from tests.rehearsal.provider.declarations import declared, shuffled


def _told_by_aws(kind: ResourceType, inputs: Values, seed: int) -> Values:
    """The state that AWS would tell for these inputs: sets in any order."""
    state = shuffled(Block(kind.properties), without_defaults_key(inputs), random.Random(seed))
    return {name: value for name, value in state.items() if not kind.properties[name].provider_only}


def _without_form(kind: ResourceType) -> ResourceType:
    """The type without its second forms, which generated values do not follow."""
    return ResourceType(
        token=kind.token,
        properties=kind.properties,
        outputs=kind.outputs,
        create=kind.create,
        read=kind.read,
        delete=kind.delete,
    )


@given(declared(), st.integers())
def test_a_refresh_without_drift_returns_the_inputs_as_they_were(
    example: tuple[ResourceType, Values], seed: int
) -> None:
    kind, inputs = _without_form(example[0]), example[1]

    state = fitted(kind, _told_by_aws(kind, inputs, seed), inputs)

    assert inputs_of(kind, state, inputs) == inputs
    assert changes(kind, state, inputs) == []


@given(declared(), st.integers())
def test_what_an_import_declares_changes_nothing(
    example: tuple[ResourceType, Values], seed: int
) -> None:
    kind = _without_form(example[0])
    state = fitted(kind, _told_by_aws(kind, example[1], seed), {})

    imported = inputs_of(kind, state, {})

    assert changes(kind, state, imported) == []


def _rule(*weights: int) -> Values:
    groups = [
        {"arn": f"arn:aws:elasticloadbalancing:::targetgroup/0{at}/1", "weight": weight}
        for at, weight in enumerate(weights)
    ]
    return {
        "listenerArn": "arn:aws:elasticloadbalancing:::listener/app/a/1/2",
        "actions": [{"type": "forward", "order": 1, "forward": {"targetGroups": groups}}],
        "conditions": [{"pathPattern": {"values": ["/a", "/b"]}}],
    }


def test_a_weight_changed_elsewhere_keeps_its_place_in_the_declared_order() -> None:
    inputs, told = _rule(100, 0), _rule(40, 60)
    told["actions"][0]["forward"]["targetGroups"].reverse()
    told["actions"][0]["targetGroupArn"] = None

    state = fitted(LISTENER_RULE, told, inputs)

    paths = [change.path for change in changes(LISTENER_RULE, state, inputs)]
    assert paths == [f"actions[0].forward.targetGroups[{at}].weight" for at in (0, 1)]


def test_a_forward_to_one_group_is_read_in_the_form_that_the_program_chose() -> None:
    short = _rule(1)
    arn = short["actions"][0].pop("forward")["targetGroups"][0]["arn"]
    short["actions"][0]["targetGroupArn"] = arn
    told = _rule(1)
    told["actions"][0]["targetGroupArn"] = arn

    as_short, as_long = fitted(LISTENER_RULE, told, short), fitted(LISTENER_RULE, told, _rule(1))

    assert as_short["actions"] == short["actions"]
    assert as_long["actions"] == _rule(1)["actions"]


def test_a_forward_that_was_declared_short_shows_a_second_group() -> None:
    short = _rule(1)
    short["actions"][0]["targetGroupArn"] = short["actions"][0].pop("forward")["targetGroups"][0][
        "arn"
    ]
    told = _rule(50, 50)
    told["actions"][0]["targetGroupArn"] = None

    state = fitted(LISTENER_RULE, told, short)

    assert {c.top_level for c in changes(LISTENER_RULE, state, short)} == {"actions"}


def test_a_policy_that_means_the_same_keeps_the_program_s_spelling() -> None:
    inputs = {"bucket": "b", "policy": '{"Statement": [{"Action": ["s3:Get", "s3:Put"]}]}'}
    told = {"bucket": "b", "policy": '{"Statement":{"Action":["s3:Put","s3:Get"]}}'}

    state = fitted(BUCKET_POLICY, told, inputs)

    assert state == inputs


def test_access_logs_that_are_off_do_not_show_the_bucket_that_was_not_sent() -> None:
    logs = {"bucket": "b", "prefix": "p", "enabled": False}
    told = {"accessLogs": {"bucket": "", "prefix": "", "enabled": False}}

    state = fitted(LOAD_BALANCER, told, {"accessLogs": logs})

    assert state["accessLogs"] == logs


def test_an_undeclared_tag_is_reported_and_would_be_removed() -> None:
    inputs: Values = {"vpcId": "vpc-1", "tags": {"a": "1"}, "__defaults": []}
    state: Values = {"vpcId": "vpc-1", "tags": {"a": "1", "b": "2"}}

    refreshed = inputs_of(INTERNET_GATEWAY, state, inputs)

    assert refreshed["tags"] == {"a": "1", "b": "2"}
    assert [c.path for c in changes(INTERNET_GATEWAY, state, inputs)] == ["tags.b"]
