"""Policies on listener rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.asking import MISSING, UNKNOWN, Found, spoilt, violations

RULE = "aws:lb/listenerRule:ListenerRule"
ARNS = [f"arn:aws:elasticloadbalancing:::targetgroup/web-{slot}/0a" for slot in ("01", "02")]
HOST: dict[str, Any] = {"hostHeader": {"values": ["www.example"]}}
HEADER: dict[str, Any] = {"httpHeader": {"httpHeaderName": "X-Failover-Slot", "values": ["02-x"]}}
COMPLIANT: dict[str, Any] = {
    "listenerArn": UNKNOWN,
    "priority": 100.0,
    "conditions": [HOST],
    "actions": [
        {
            "type": "forward",
            "forward": {
                "targetGroups": [
                    {"arn": ARNS[0], "weight": 75.0},
                    {"arn": ARNS[1], "weight": 25.0},
                ],
                "stickiness": {"enabled": False, "duration": 3600.0},
            },
        }
    ],
}
PREVIEW = {
    "conditions": [HOST, HEADER],
    "actions": [{"type": "forward", "targetGroupArn": UNKNOWN}],
}
ONE_GROUP: dict[str, Any] = {
    "type": "forward",
    "forward": {"targetGroups": [{"arn": ARNS[0], "weight": 1.0}]},
}
FORWARD = "actions[0].forward"
GROUPS = f"{FORWARD}.targetGroups"
OFF_RANGE = "expected a whole number from 0 to 100"
ONE_OF_TWO = (
    "expected 2, the target groups of both slots, also of the one with weight 0: it keeps its "
    "health checks only in a rule"
)
OUTLIVES = "expected false: a client that sticks to a slot outlives its weight"


@pytest.mark.parametrize(
    "rule",
    [
        COMPLIANT,
        PREVIEW,
        spoilt(COMPLIANT, f"{FORWARD}.stickiness", MISSING),
        spoilt(PREVIEW, "actions[0]", ONE_GROUP),
        {"conditions": [HOST], "actions": [{"type": "redirect", "redirect": {"host": "other"}}]},
        {"conditions": [HOST], "actions": [{"type": "authenticate-oidc"}, COMPLIANT["actions"][0]]},
    ],
)
def test_weighted_rules_preview_rules_and_rules_that_forward_nothing_pass(
    rule: dict[str, Any],
) -> None:
    assert violations(RULE, rule) == {}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "actions[0]",
            {"type": "forward", "targetGroupArn": UNKNOWN},
            {"listener-rule-two-groups": [f"actions[0] forwards to 1 target group; {ONE_OF_TWO}"]},
        ),
        (
            "actions[0]",
            ONE_GROUP,
            {"listener-rule-two-groups": [f"{FORWARD} forwards to 1 target group; {ONE_OF_TWO}"]},
        ),
        (
            "actions[0]",
            {"type": "forward"},
            {"listener-rule-two-groups": [f"actions[0] forwards to 0 target groups; {ONE_OF_TWO}"]},
        ),
        (
            GROUPS,
            [{"arn": f"arn:{n}", "weight": w} for n, w in enumerate([50.0, 25.0, 25.0])],
            {"listener-rule-two-groups": [f"{FORWARD} forwards to 3 target groups; {ONE_OF_TWO}"]},
        ),
        (
            f"{GROUPS}[1].arn",
            ARNS[0],
            {
                "listener-rule-distinct-groups": [
                    f"{FORWARD} forwards more than once to {ARNS[0]}; expected one group per slot"
                ]
            },
        ),
        (
            f"{GROUPS}[1].weight",
            24.0,
            {
                "listener-rule-split-total": [
                    f"{FORWARD} has the weights 75/24, in total 99; expected 100"
                ]
            },
        ),
        (
            f"{GROUPS}[1].weight",
            25.5,
            {"listener-rule-split-total": [f"{GROUPS}[1].weight is 25.5; {OFF_RANGE}"]},
        ),
        (
            f"{GROUPS}[1].weight",
            -25.0,
            {"listener-rule-split-total": [f"{GROUPS}[1].weight is -25; {OFF_RANGE}"]},
        ),
        (
            f"{GROUPS}[1].weight",
            MISSING,
            {"listener-rule-split-total": [f"{GROUPS}[1].weight is not set; {OFF_RANGE}"]},
        ),
        (
            f"{GROUPS}[1].weight",
            "25",
            {"listener-rule-split-total": [f'{GROUPS}[1].weight is "25"; {OFF_RANGE}']},
        ),
        (
            f"{GROUPS}[1].weight",
            True,
            {"listener-rule-split-total": [f"{GROUPS}[1].weight is true; {OFF_RANGE}"]},
        ),
        (
            f"{FORWARD}.stickiness.enabled",
            True,
            {"listener-rule-stickiness": [f"{FORWARD}.stickiness.enabled is true; {OUTLIVES}"]},
        ),
        (
            "conditions",
            [HOST, HEADER],
            {
                "listener-rule-preview": [
                    f"{FORWARD} forwards to 2 target groups on the header x-failover-slot; "
                    "expected 1, the slot that the header names"
                ]
            },
        ),
    ],
)
def test_one_spoilt_field_of_a_rule_breaks_one_policy(
    path: str, value: Any, expected: Found
) -> None:
    assert violations(RULE, spoilt(COMPLIANT, path, value)) == expected


def test_a_split_of_nothing_at_all_is_refused() -> None:
    nothing = spoilt(spoilt(COMPLIANT, f"{GROUPS}[0].weight", 0.0), f"{GROUPS}[1].weight", 0.0)

    assert violations(RULE, nothing) == {
        "listener-rule-split-total": [f"{FORWARD} has the weights 0/0, in total 0; expected 100"]
    }


def test_a_rule_on_another_header_is_a_services_own() -> None:
    other = spoilt(PREVIEW, "conditions[1].httpHeader.httpHeaderName", "x-other")

    assert list(violations(RULE, other)) == ["listener-rule-two-groups"]


def test_what_a_preview_does_not_know_stops_only_the_policy_that_needs_it() -> None:
    unmade = spoilt(spoilt(COMPLIANT, f"{GROUPS}[0].arn", UNKNOWN), f"{GROUPS}[1].arn", UNKNOWN)
    unmade = spoilt(unmade, f"{GROUPS}[1].weight", 24.0)

    assert violations(RULE, unmade) == {
        "listener-rule-distinct-groups": [
            "not evaluated: string value at .actions.0.forward.targetGroups.0.arn can't be known "
            "during preview"
        ],
        "listener-rule-split-total": [
            f"{FORWARD} has the weights 75/24, in total 99; expected 100"
        ],
    }


def test_an_unknown_weight_is_not_evaluated() -> None:
    assert violations(RULE, spoilt(COMPLIANT, f"{GROUPS}[0].weight", UNKNOWN)) == {
        "listener-rule-split-total": [
            "not evaluated: string value at .actions.0.forward.targetGroups.0.weight can't be "
            "known during preview"
        ]
    }


@given(st.integers(0, 100), st.integers(0, 100))
def test_two_whole_weights_pass_exactly_if_they_sum_to_100(first: int, second: int) -> None:
    rule = spoilt(COMPLIANT, f"{GROUPS}[0].weight", float(first))
    rule = spoilt(rule, f"{GROUPS}[1].weight", float(second))

    assert (violations(RULE, rule) == {}) == (first + second == 100)


@pytest.mark.parametrize(
    "path",
    [
        "*",
        "actions",
        "actions[0]",
        "actions[*]",
        "actions[0].forward",
        "actions[0].forward.targetGroups",
        "actions[0].forward.target_groups[1]",
        "actions[0].forward.targetGroups[1].weight",
        'actions[0]["forward"]',
        "actions[0].*.targetGroups",
    ],
)
def test_no_path_to_a_weight_may_be_ignored(path: str) -> None:
    shown = path.replace('"', '\\"')

    assert violations(RULE, COMPLIANT, ignore_changes=[path]) == {
        "listener-rule-weights": [
            f'ignore_changes has "{shown}"; expected no path to a weight: the provider resets an '
            "ignored one"
        ]
    }


@pytest.mark.parametrize(
    "path", ["tags", "priority", "actions[0].order", "actions[0].forward.stickiness"]
)
def test_what_is_no_weight_may_be_ignored(path: str) -> None:
    assert violations(RULE, COMPLIANT, ignore_changes=[path]) == {}


@pytest.mark.parametrize("module", ["alb", "applicationloadbalancing", "elasticloadbalancingv2"])
def test_the_other_names_of_a_type_are_asked_too(module: str) -> None:
    bad = spoilt(COMPLIANT, f"{GROUPS}[1].weight", 24.0)

    assert list(violations(f"aws:{module}/listenerRule:ListenerRule", bad)) == [
        "listener-rule-split-total"
    ]


def test_a_preview_rule_without_the_login_of_its_service_is_named() -> None:
    open_preview = {**PREVIEW, "tags": {"Login": "skipped"}}

    assert violations(RULE, open_preview) == {
        "listener-rule-preview-login": [
            'tags.Login is "skipped"; expected the login of the service before the forward: '
            "whoever has the preview header reaches the slot without a session (preview.skipLogin)"
        ]
    }
