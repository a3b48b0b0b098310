"""What is still told of AWS where a part of it cannot be read."""

from __future__ import annotations

from typing import Any, cast

from botocore.exceptions import ClientError

from live.session import ProviderSession
from ops.status.live_reading import LiveReader
from rollout.split import Slot
from tests.live.fake_pages import FakePages

SERVICES = {
    name: {
        "ruleArn": f"arn:rule/{name}",
        "targetGroupArns": {slot.value: f"arn:{name}-{slot}" for slot in Slot},
    }
    for name in ("api", "portal", "web")
}


class Balancing:
    """Rules of which one is gone, in an AWS that answers so often before credentials expire."""

    def __init__(self, gone: str, answers: int, *, hides_targets: bool = False) -> None:
        self._gone, self._answers, self._hides_targets = gone, answers, hides_targets

    def describe_rules(self, **asked: Any) -> dict[str, Any]:
        self._answers -= 1
        if self._answers < 0:
            raise refusal("ExpiredToken")
        if self._gone in asked["RuleArns"]:
            raise refusal("RuleNotFound")
        return {"Rules": [rule(arn) for arn in asked["RuleArns"]]}

    def describe_target_health(self, **_asked: Any) -> dict[str, Any]:
        if self._hides_targets:
            raise refusal("AccessDenied")
        return {"TargetHealthDescriptions": []}

    def get_paginator(self, _operation: str) -> FakePages:
        return FakePages(lambda **_asked: {"AutoScalingGroups": []})


def refusal(code: str) -> ClientError:
    return ClientError(cast(Any, {"Error": {"Code": code, "Message": "no"}}), "DescribeRules")


def rule(arn: str) -> dict[str, Any]:
    name = arn.rpartition("/")[2]
    groups = [
        {"TargetGroupArn": f"arn:{name}-{slot}", "Weight": weight}
        for slot, weight in zip(Slot, (75, 25), strict=True)
    ]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    return {"RuleArn": arn, "Actions": [forward]}


class OneSession:
    """A session whose every client is this one."""

    region = "us-east-1"

    def __init__(self, balancing: Balancing) -> None:
        self._balancing = balancing

    def client(self, _service: str) -> Any:
        return self._balancing


def reader(balancing: Balancing) -> LiveReader:
    return LiveReader(cast(ProviderSession, OneSession(balancing)), {"services": SERVICES})


def test_the_rules_beside_one_that_is_gone_are_still_told() -> None:
    found = reader(Balancing("arn:rule/portal", answers=100)).read()

    assert {name: each.weights for name, each in found.rules.items()} == {
        "api": "75/25",
        "web": "75/25",
    }
    assert ["portal" in each.why for each in found.unread] == [True]


def test_an_aws_that_stops_to_answer_beside_a_rule_that_is_gone_is_a_line_too() -> None:
    found = reader(Balancing("arn:rule/portal", answers=5)).read()

    assert list(found.rules) == ["api"]
    assert len(found.unread) == 2
    assert "was deleted outside Pulumi" in found.unread[0].why


def test_a_rule_that_is_gone_is_told_also_where_targets_may_not_be_read() -> None:
    found = reader(Balancing("arn:rule/portal", answers=100, hides_targets=True)).read()

    assert list(found.rules) == ["api", "web"]
    assert "was deleted outside Pulumi" in found.unread[0].why
    assert [each.what for each in found.unread] == ["live", "targets and instances"]
