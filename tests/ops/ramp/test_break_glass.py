"""The direct change of the rules."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.ramp.break_glass import modify_rules
from ops.ramp.errors import AwsError
from ops.ramp.known_stack import KnownStack
from rollout.plan import Plan
from rollout.split import Slot, Split
from tests.ops.ramp.world import SERVICES

PLAN = Plan(SERVICES, Slot.SECOND, Split(100, 0), (50, 100))
KNOWN = KnownStack(
    "file:///state",
    {},
    {
        service: {
            "ruleArn": f"rule-{service}",
            "targetGroupArns": {slot.value: f"{service}-{slot}" for slot in Slot},
        }
        for service in SERVICES
    },
)


class FakeElb:
    """Takes what ModifyRule is asked, but for one rule."""

    def __init__(self, refused: str = "") -> None:
        self._refused = refused
        self.weights: dict[str, dict[str, int]] = {}

    def client(self, _name: str) -> FakeElb:
        return self

    def modify_rule(self, *, RuleArn: str, Actions: Any) -> None:  # noqa: N803  (AWS's own names)
        if RuleArn == self._refused:
            error: Any = {"Error": {"Code": "AccessDenied", "Message": "no"}}
            raise ClientError(error, "ModifyRule")
        groups = Actions[0]["ForwardConfig"]["TargetGroups"]
        self.weights[RuleArn] = {each["TargetGroupArn"]: each["Weight"] for each in groups}


def test_every_rule_gets_the_split_of_before_with_both_target_groups() -> None:
    elb: Any = FakeElb()

    modify_rules(KNOWN, elb, PLAN)

    assert elb.weights == {
        "rule-portal": {"portal-01": 100, "portal-02": 0},
        "rule-web": {"web-01": 100, "web-02": 0},
    }


def test_a_rule_that_is_not_changed_is_told_with_those_that_were() -> None:
    elb: Any = FakeElb("rule-web")

    with pytest.raises(AwsError) as refused:
        modify_rules(KNOWN, elb, PLAN)

    assert "the rule of web was not changed" in str(refused.value)
    assert "portal+web at 100/0; changed so far: portal" in str(refused.value)
    assert "then the same again" in str(refused.value)
