"""The direct change of the rules."""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.ramp.break_glass import directly, forwarding_to, modify_rules, plan_by_journal
from ops.ramp.errors import AwsError, NotSureError, RefusedRampError
from ops.ramp.stack.known import KnownStack
from ops.ramp.stack.live import SlotReleases
from rollout.entry import Entry
from rollout.observation import LiveService
from rollout.plan import RampPlan
from rollout.ramp_event import StageStart
from rollout.split import Slot, Split
from rollout.way_back import LastRelease
from tests.ops.ramp.fakes import START, live_service, live_slot
from tests.ops.ramp.world import SERVICES

PLAN = RampPlan(SERVICES, Slot.SECOND, Split(100, 0), (50, 100))
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


LOGIN = {
    "Type": "authenticate-cognito",
    "Order": 1,
    "AuthenticateCognitoConfig": {
        "UserPoolArn": "p",
        "UserPoolClientId": "c",
        "UserPoolDomain": "d",
    },
}
STICKY = {"Enabled": True, "DurationSeconds": 60}
ACTIONS: list[dict[str, Any]] = [
    LOGIN,
    {
        "Type": "forward",
        "Order": 2,
        "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": "web-02", "Weight": 1}],
            "TargetGroupStickinessConfig": STICKY,
        },
    },
]


class FakeElb:
    """Takes what ModifyRule is asked, but for one rule."""

    def __init__(self, refused: str = "") -> None:
        self._refused = refused
        self.actions: list[dict[str, Any]] = []
        self.weights: dict[str, dict[str, int]] = {}

    def client(self, _name: str) -> FakeElb:
        return self

    def describe_rules(self, *, RuleArns: list[str]) -> Any:  # noqa: N803
        return {"Rules": [{"RuleArn": arn, "Actions": ACTIONS} for arn in RuleArns]}

    def modify_rule(self, *, RuleArn: str, Actions: Any) -> None:  # noqa: N803  (AWS's own names)
        if RuleArn == self._refused:
            error: Any = {"Error": {"Code": "AccessDenied", "Message": "no"}}
            raise ClientError(error, "ModifyRule")
        self.actions = Actions
        (forward,) = [each for each in Actions if each["Type"] == "forward"]
        groups = forward["ForwardConfig"]["TargetGroups"]
        self.weights[RuleArn] = {each["TargetGroupArn"]: each["Weight"] for each in groups}


def test_every_rule_gets_the_split_of_before_with_both_target_groups() -> None:
    elb: Any = FakeElb()

    modify_rules(KNOWN, elb, PLAN)

    assert elb.weights == {
        "rule-portal": {"portal-01": 100, "portal-02": 0},
        "rule-web": {"web-01": 100, "web-02": 0},
    }


def test_what_a_rule_does_beside_its_weights_stays() -> None:
    elb: Any = FakeElb()

    modify_rules(KNOWN, elb, PLAN)

    login, forward = elb.actions
    assert login == LOGIN
    assert forward["Order"] == 2
    assert forward["ForwardConfig"]["TargetGroupStickinessConfig"] == STICKY


def test_a_login_by_oidc_keeps_the_secret_that_aws_does_not_show() -> None:
    oidc = {"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"ClientId": "c"}}

    (kept,) = forwarding_to([oidc], [])

    assert kept["AuthenticateOidcConfig"] == {"ClientId": "c", "UseExistingClientSecret": True}


def test_a_rule_that_is_not_changed_is_told_with_those_that_were() -> None:
    elb: Any = FakeElb("rule-web")

    with pytest.raises(AwsError) as refused:
        modify_rules(KNOWN, elb, PLAN)

    assert "the rule of web was not changed" in str(refused.value)
    assert "portal+web at 100/0; changed so far: portal" in str(refused.value)
    assert "fix the error that AWS reports, then type it again" in str(refused.value)


class FakeSession:
    """Of one region."""

    region = "eu-west-1"

    def __init__(self, elb: FakeElb) -> None:
        self._elb = elb

    def client(self, _name: str) -> FakeElb:
        return self._elb


def services(healthy: dict[Slot, int]) -> dict[str, LiveService]:
    slots = {slot: live_slot(healthy[slot], 3, 6) for slot in Slot}
    return {service: live_service(service, Split(100, 0), slots) for service in SERVICES}


def test_without_a_ramp_the_printed_commands_give_one_slot_everything_and_keep_the_rest() -> None:
    elb = FakeElb()
    session: Any = FakeSession(elb)

    commands = directly(KNOWN, session, services({Slot.FIRST: 3, Slot.SECOND: 3}))

    found: list[dict[str, dict[str, int]]] = []
    for command in commands:
        for step in str(command).split(" && "):
            _, _, _, _, arn, _, actions, *region = shlex.split(step)
            assert region == ["--region", "eu-west-1"]
            elb.modify_rule(RuleArn=arn, Actions=json.loads(actions))
            assert elb.actions[0] == LOGIN
        found.append(elb.weights)
        elb.weights = {}
    assert found == [
        {
            "rule-portal": {"portal-01": first, "portal-02": 100 - first},
            "rule-web": {"web-01": first, "web-02": 100 - first},
        }
        for first in (100, 0)
    ]


def test_no_printed_command_gives_requests_to_a_slot_without_a_healthy_target() -> None:
    session: Any = FakeSession(FakeElb())

    (only,) = directly(KNOWN, session, services({Slot.FIRST: 0, Slot.SECOND: 3}))

    assert only.moves == "gives slot 02 all requests of portal, web"


MOVED = [Entry(START, "r", StageStart(stage=2, of=2, split=Split(0, 100)))]


class FakeLive:
    """At a split, with what was released last."""

    def __init__(self, split: Split, last: LastRelease | None = None) -> None:
        self._split = split
        self._last = last

    def splits(self) -> dict[str, Split]:
        return dict.fromkeys(SERVICES, self._split)

    def releases(self) -> dict[str, SlotReleases]:
        return dict.fromkeys(SERVICES, SlotReleases(self._last, True, dict.fromkeys(Slot, "ami-1")))


def test_without_the_history_it_goes_to_the_start_of_the_ramp_that_the_journal_has() -> None:
    assert plan_by_journal(PLAN, MOVED, FakeLive(Split(0, 100))) == PLAN


def test_it_does_not_go_back_onto_a_slot_that_was_released_after_the_ramp() -> None:
    live = FakeLive(Split(0, 100), LastRelease(Slot.FIRST, START + timedelta(days=7)))

    with pytest.raises(
        RefusedRampError, match="no rule was changed: portal at 0/100, web at 0/100"
    ):
        plan_by_journal(PLAN, MOVED, live)


def test_what_it_prints_acts_on_the_stack_that_was_named() -> None:
    live = FakeLive(Split(0, 100), LastRelease(Slot.FIRST, START + timedelta(days=7)))

    with pytest.raises(RefusedRampError) as refused:
        plan_by_journal(PLAN, MOVED, live, ("--stack", "prod"))

    assert "failover ramp --stack prod resumes it" in str(refused.value)
    assert "fix:      failover rollback --stack prod, once the" in str(refused.value)


def test_it_asks_a_person_where_the_slot_that_was_released_since_has_requests() -> None:
    live = FakeLive(Split(25, 75), LastRelease(Slot.FIRST, START + timedelta(days=7)))

    with pytest.raises(NotSureError, match="slot 01 was released after the ramp of slot 02"):
        plan_by_journal(PLAN, MOVED, live)


def test_it_never_raises_the_slot_that_the_ramp_raised() -> None:
    plan = RampPlan(SERVICES, Slot.SECOND, Split(75, 25), (50, 100))

    assert plan_by_journal(plan, MOVED, FakeLive(Split(100, 0))).start == Split(100, 0)
