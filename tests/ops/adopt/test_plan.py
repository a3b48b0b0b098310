"""What of a preview an adoption may do, and the lines that show it."""

from __future__ import annotations

from typing import Any

import pytest

from ops.adopt.plan import AdoptionPlan, AdoptionStep, AdoptionStepKind, plan_lines, planned
from ops.adopt.proposal import Import
from ops.inspect.document import RuleReport
from ops.plan.plan import fold
from pulumi_cli.events import Event
from rollout.notice import Notice, NoticeKind
from tests.ops.balancers import forward, group_arn, rule
from tests.ops.plan.streaming import RULE, SECRET, component_of, resource, said, summary
from tests.ops.plan.streaming import rule as rule_by

WEB = group_arn("web-tg")
IMPORTS = (Import("web", "arn:rule"),)
SINGLE = rule(20, "web-tg", "/*")
DOUBLE = rule(20, "web-tg", "/*", actions=(forward(("web-tg", 3), ("b-tg", 1)),))


def step(operation: str, type_token: str, name: str, *paths: str, **new: Any) -> Event:
    return resource(operation, type_token, name, {}, new, paths)


def conversion(*weights: tuple[str, int], diff: tuple[str, ...] = ("actions[0].forward",)) -> Event:
    return resource("update", RULE, "web", {}, rule_by(weights), diff)


def seen(*events: Event, live: RuleReport = SINGLE) -> AdoptionPlan:
    return planned(fold([*events, summary()], "prod"), IMPORTS, {"web": live})


def only(found: Event, live: RuleReport = SINGLE) -> AdoptionStep:
    (told,) = seen(found, live=live).steps
    return told


def test_a_rule_that_gets_two_weighted_groups_is_a_conversion() -> None:
    told = only(conversion((WEB, 100), ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", 0)))

    assert (told.kind, told.what) == (
        AdoptionStepKind.CONVERSION,
        "one target group becomes two, 100/0",
    )


def test_two_weighted_groups_keep_their_shares() -> None:
    kept = only(conversion((WEB, 75), (group_arn("b-tg"), 25)), DOUBLE)
    moved = only(conversion((WEB, 100), (group_arn("b-tg"), 0)), DOUBLE)

    assert (kept.kind, kept.what) == (
        AdoptionStepKind.CONVERSION,
        "its weights become shares of 100, 75/25",
    )
    assert moved.kind is AdoptionStepKind.REFUSED


def test_what_is_made_is_new_and_what_stays_or_is_a_component_is_not_told() -> None:
    steps = [
        step("create", "aws:lb/targetGroup:TargetGroup", "web-02"),
        step("create", "failover:index:Slot", "web-02"),
        step("same", RULE, "web"),
    ]

    plan = seen(*steps)

    assert [(each.kind, each.name) for each in plan.steps] == [(AdoptionStepKind.NEW, "web-02")]
    assert plan.refused == ()


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (step("create", RULE, "web"), "not imported"),
        (step("delete", RULE, "web"), "would delete it"),
        (
            step("replace", RULE, "web", "listenerArn"),
            "would replace it, because of listenerArn",
        ),
        (step("create-replacement", "aws:lb/targetGroup:TargetGroup", "x"), "would replace it"),
        (
            step("update", "aws:autoscaling/group:Group", "web-02", "maxSize"),
            "would change maxSize",
        ),
        (conversion((WEB, 100), ("b", 0), diff=("priority", "actions[0]")), "change priority"),
        (conversion((WEB, 100)), "would forward to 1 target groups"),
        (conversion(("a", 100), ("b", 0)), f"would move requests: from 100 of {WEB} to 100/0"),
        (conversion((WEB, 90), ("b", 10)), f"would move requests: from 100 of {WEB} to 90/10"),
    ],
)
def test_anything_else_stops_the_adoption_with_its_reason(found: Event, why: str) -> None:
    told = only(found)

    assert told.kind is AdoptionStepKind.REFUSED
    assert why in told.what


def test_what_the_guards_would_refuse_is_known_before_anything_is_changed() -> None:
    notice = Notice(NoticeKind.WILL_BE_REFUSED, "web", "100/0 -> 100/0", "frozen until Monday")

    plan = seen(conversion((WEB, 100), ("b", 0)), said("error", str(notice)))

    assert plan.refused == ()
    assert plan.objections == ("will be refused: web: 100/0 -> 100/0: frozen until Monday",)


GROUP = "aws:autoscaling/group:Group"


def test_a_plan_has_the_rules_first_and_what_is_refused_last_in_80_columns() -> None:
    plan = AdoptionPlan(
        (
            AdoptionStep(
                AdoptionStepKind.REFUSED,
                GROUP,
                "web-02",
                "would change maxSize, which no adoption does, " * 3,
            ),
            AdoptionStep(AdoptionStepKind.NEW, GROUP, "portal-02", ""),
            AdoptionStep(
                AdoptionStepKind.CONVERSION, RULE, "web", "one target group becomes two, 100/0"
            ),
        )
    )

    lines = plan_lines(plan, ["web-02: a security group of its own, " * 4])

    assert lines[0] == "  ~ rule    lb:ListenerRule  web  one target group becomes two, 100/0"
    assert lines[1] == "  + new     autoscaling:Group  portal-02"
    assert lines[2].startswith("  ! refused autoscaling:Group  web-02  would change maxSize,")
    (note,) = [number for number, line in enumerate(lines) if line.startswith("  note      web-02")]
    assert all(line.startswith(" " * 12) for line in lines[note + 1 :])
    assert max(map(len, lines)) <= 80


def test_weights_that_a_secret_hides_are_those_of_the_slots() -> None:
    hidden = {"actions": {**SECRET, "ciphertext": "[secret]"}}
    changed = resource("update", RULE, "web", hidden, hidden, ["actions[1].forward"])

    def slots(first: int) -> list[Event]:
        return [
            event
            for slot, outputs in (
                ("01", {"targetGroupArn": WEB, "weight": first}),
                ("02", {"weight": 100 - first}),
            )
            for event in component_of(f"web-{slot}", outputs)
        ]

    (kept,) = seen(changed, *slots(100)).steps
    (moved,) = seen(changed, *slots(90)).steps

    assert (kept.kind, kept.what) == (
        AdoptionStepKind.CONVERSION,
        "one target group becomes two, 100/0",
    )
    assert moved.kind is AdoptionStepKind.REFUSED
