import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.plan.plan import DeploymentPlan, PlanOutcome, fold
from ops.plan.resource_step import SECRET, Operation, property_changes
from ops.plan.wording import capacity, title, traffic
from pulumi_cli.errors import EventStreamError
from pulumi_cli.events import Event
from rollout.errors import SettingsError
from rollout.notice import Notice, NoticeKind
from rollout.problem import Problem
from rollout.split import Slot, Split
from tests.ops.plan.streaming import (
    GROUP,
    RULE,
    TARGET_GROUP,
    TEMPLATE,
    component,
    policy,
    prelude,
    registered,
    resource,
    rule,
    said,
    stack,
    summary,
    urn,
)
from tests.ops.plan.streaming import (
    SECRET as SECRET_MARK,
)

A, B = "arn:a", "arn:b"
REFUSED = Notice(NoticeKind.WILL_BE_REFUSED, "web", "100/0 -> 50/50", "next stage is 90/10")


def folded(*events: Event, result: str = "succeeded") -> DeploymentPlan:
    return fold((stack(), component(), *events, summary(result)), "unknown")


def shift(before: list[tuple[str, int]], after: list[tuple[str, int]]) -> Event:
    return resource("update", RULE, "web", rule(before), rule(after))


@pytest.mark.parametrize(
    ("events", "result", "outcome"),
    [
        ([], "succeeded", PlanOutcome.NO_CHANGE),
        ([shift([(A, 100), (B, 0)], [(A, 90), (B, 10)])], "succeeded", PlanOutcome.CHANGES),
        ([said("error", str(REFUSED))], "succeeded", PlanOutcome.REFUSED),
        ([said("error", str(REFUSED))], "failed", PlanOutcome.REFUSED),
        ([said("info", str(REFUSED))], "succeeded", PlanOutcome.REFUSED),
        ([policy("p", "mandatory")], "failed", PlanOutcome.REFUSED),
        ([policy("p", "remediate")], "failed", PlanOutcome.REFUSED),
        ([policy("p", "advisory")], "succeeded", PlanOutcome.NO_CHANGE),
        ([said("error", "the provider is gone")], "failed", PlanOutcome.FAILED),
        ([said("error", str(REFUSED)), said("error", "boom")], "failed", PlanOutcome.FAILED),
        ([said("error", "preview failed")], "failed", PlanOutcome.FAILED),
    ],
)
def test_the_outcome_is_the_gravest_thing_in_the_preview(
    events: list[Event], result: str, outcome: PlanOutcome
) -> None:
    assert folded(*events, result=result).outcome is outcome


def test_a_refused_config_is_bad_input_and_no_failure_of_the_engine() -> None:
    problem = Problem(
        "failover:weights", "75/26", "a sum of 100", "pulumi config set weights 75/25"
    )
    error = said("error", str(SettingsError((problem,))))

    plan = folded(error, said("error", "preview failed"), result="failed")

    assert plan.outcome is PlanOutcome.BAD_CONFIG


def test_a_stream_that_the_engine_cancelled_without_a_summary_has_failed() -> None:
    plan = fold((stack(), Event("cancelEvent", {})), "unknown")

    assert plan.outcome is PlanOutcome.FAILED


@pytest.mark.parametrize("operation", ["replace", "delete"])
def test_what_is_protected_and_would_end_is_a_refusal(operation: str) -> None:
    about = urn(TARGET_GROUP, "web-01")
    ends = resource(operation, TARGET_GROUP, "web-01", {"port": 1}, {"port": 2}, protect=True)

    plan = folded(ends, said("error", "unable", about), result="failed")

    assert plan.outcome is PlanOutcome.REFUSED
    assert plan.refusals[0].startswith("web-01 (target group) is protected")


def test_what_is_not_protected_and_would_end_is_shown_and_not_refused() -> None:
    ends = resource("delete", TARGET_GROUP, "web-01", {"port": 1})

    plan = folded(ends)

    assert plan.outcome is PlanOutcome.CHANGES
    assert [step.name for step in plan.destroyed] == ["web-01"]


def test_the_three_events_of_a_replacement_are_one_step() -> None:
    events = [
        resource("delete-replaced", TARGET_GROUP, "web-01", {"port": 1}),
        resource("replace", TARGET_GROUP, "web-01", {"port": 1}, {"port": 2}, ["port"]),
        resource("create-replacement", TARGET_GROUP, "web-01", {"port": 1}, {"port": 2}, ["port"]),
    ]

    (step,) = folded(*events).changes

    assert step.operation is Operation.REPLACE
    assert step.changed_paths == ("port",)


def test_an_operation_that_is_not_known_is_not_passed_over() -> None:
    with pytest.raises(EventStreamError, match="'sublimate'"):
        folded(resource("sublimate", RULE, "web", {}, {}))


splits = st.integers(0, 100).map(lambda weight: Split(weight, 100 - weight))


@given(before=splits, after=splits, is_turned=st.booleans())
def test_weights_are_read_by_target_group_whatever_order_aws_lists_them_in(
    before: Split, after: Split, is_turned: bool
) -> None:
    live = [(A, before.slot_01), (B, before.slot_02)]
    wanted = [(A, after.slot_01), (B, after.slot_02)]
    event = shift(live[::-1] if is_turned else live, wanted)

    (service,) = folded(event).services

    assert (service.weights.before, service.weights.after) == (str(before), str(after))
    gained = after.slot_01 - before.slot_01
    assert service.gains is (None if not gained else Slot.FIRST if gained > 0 else Slot.SECOND)


@pytest.mark.parametrize(
    ("live", "wanted", "told"),
    [
        ((50, 60), (50, 50), "web: 50/60 → 50/50, slot 01 gains 5"),
        ((3, 1), (50, 50), "web: 3/1 → 50/50, slot 02 gains 25"),
        ((3, 1), (75, 25), "web: 3/1 → 75/25"),
        ((0, 0), (50, 50), "web: 0/0 → 50/50"),
    ],
)
def test_live_weights_of_any_sum_are_told_by_the_shares_that_they_are(
    live: tuple[int, int], wanted: tuple[int, int], told: str
) -> None:
    old, new = ([(A, first), (B, second)] for first, second in (live, wanted))

    (service,) = folded(shift(old, new)).services

    assert traffic(service) == told


@pytest.mark.parametrize(("arn", "split"), [(A, "100/0"), (B, "0/100")])
def test_a_rule_with_a_single_forward_sends_everything_to_its_group(arn: str, split: str) -> None:
    old = {"actions": [{"type": "forward", "targetGroupArn": arn}]}

    (service,) = folded(resource("update", RULE, "web", old, rule([(A, 100), (B, 0)]))).services

    assert service.weights.before == split


def test_replaced_target_groups_do_not_confuse_the_weights() -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    event = shift([(A, 75), (B, 25)], [(unknown, 75), (unknown, 25)])

    (service,) = folded(event).services

    assert traffic(service) == "web: stays at 75/25"


def test_a_new_service_is_new_and_a_deleted_one_has_no_rule() -> None:
    created = folded(resource("create", RULE, "web", None, rule([(A, 100), (B, 0)])))
    deleted = folded(resource("delete", RULE, "web", rule([(A, 100), (B, 0)])))

    assert traffic(created.services[0]) == "web: new, at 100/0"
    assert traffic(deleted.services[0]) == "web: 100/0 → no rule"


def test_images_and_capacity_are_shown_before_and_after_with_the_floor() -> None:
    config = {"failover:capacity": json.dumps({"web": {"floors": {"02": 3}}})}
    events = [
        prelude(config),
        resource(
            "update",
            TEMPLATE,
            "web-02",
            {"imageId": "ami-1", "instanceType": "m7i.large"},
            {"imageId": "ami-2", "instanceType": "m7i.large"},
        ),
        resource(
            "update", GROUP, "web-02", {"minSize": 2.0, "maxSize": 6}, {"minSize": 3, "maxSize": 6}
        ),
    ]

    (service,) = folded(*events).services

    second = service.slots[1]
    assert (second.image.before, second.image.after) == ("ami-1", "ami-2")
    assert capacity(second).before == "2 to 6 m7i.large"
    assert capacity(second).after == "3 to 6 m7i.large, floor 3"
    assert capacity(service.slots[0]).after == "not the stack's own"


def test_what_costs_money_is_named() -> None:
    bucket = "aws:s3/bucket:Bucket"
    alarm = "aws:cloudwatch/metricAlarm:MetricAlarm"
    plan = folded(
        resource("create", bucket, "access-logs", None, {}),
        resource("create", alarm, "one", None, {}),
        resource("create", alarm, "two", None, {}),
        resource("delete", "aws:cloudwatch/dashboard:Dashboard", "web", {}),
        resource(
            "update", GROUP, "web-01", {"minSize": 2, "maxSize": 6}, {"minSize": 3, "maxSize": 8}
        ),
    )

    assert [(cost.what, cost.is_more) for cost in plan.costs] == [
        ("web-01: 1 instance more at least (min 2 → 3)", True),
        ("web-01: up to 8 instances (max 6 → 8)", True),
        ("1 bucket of access logs more", True),
        ("2 CloudWatch alarms more", True),
        ("1 CloudWatch dashboard less", False),
    ]


def test_the_guards_lines_are_told_once_refusals_first() -> None:
    passes = Notice(NoticeKind.PASSES, "portal", "100/0 -> 90/10", "fit")
    outside = Notice(NoticeKind.OUT_OF_BAND_CHANGE, "web", "60/40 -> 75/25", "somebody moved it")

    plan = folded(*(said("info", str(each)) for each in (passes, outside, passes, REFUSED)))

    assert plan.notices == (REFUSED, outside, passes)
    assert plan.judgement == (str(outside), "passes: portal: 100/0 -> 90/10: fit")


@pytest.mark.parametrize(
    "value",
    [
        {**SECRET_MARK, "ciphertext": "[secret]"},
        [{"httpHeader": {"values": [SECRET_MARK]}}],
        "[secret]",
    ],
)
def test_a_secret_is_never_shown(value: Any) -> None:
    event = resource(
        "update", RULE, "web-01", {"conditions": value}, {"conditions": value}, ["conditions"]
    )

    (step,) = folded(event).changes
    (change,) = property_changes(step)

    assert (change.before, change.after) == (SECRET, SECRET)


def test_weights_that_hide_in_a_secret_are_the_service_s_own() -> None:
    hidden = {"actions": {**SECRET_MARK, "ciphertext": "[secret]"}}
    events = (
        component(outputs={"weights": "100/0"}),
        resource("update", RULE, "web", hidden, hidden, ["actions[1].forward.targetGroups"]),
        registered({"weights": "90/10"}),
        summary(),
    )

    (service,) = fold(events, "prod").services

    assert (service.weights.before, service.weights.after) == ("100/0", "90/10")


def test_a_value_below_a_secret_is_secret() -> None:
    old = {"conditions": [{**SECRET_MARK, "value": {"token": "t0ken"}}]}
    event = resource("update", RULE, "web-01", old, old, ["conditions[0].value.token"])

    (step,) = folded(event).changes
    (change,) = property_changes(step)

    assert change.before == SECRET


def test_a_path_is_followed_through_lists_and_quoted_keys() -> None:
    old = {"tags": {"a.b": "1"}, "list": [{"x": 5}]}
    event = resource("update", RULE, "web", old, {}, ['tags["a.b"]', "list[0].x", "list[9].x"])

    (step,) = folded(event).changes

    assert [(c.before, c.after) for c in property_changes(step)] == [
        ("5", None),
        (None, None),
        ("1", None),
    ]


def test_the_title_says_of_a_wait_and_of_an_override() -> None:
    waits = Notice(NoticeKind.WILL_WAIT, "web", "100/0 -> 90/10", "for 2 of 3 targets of web-02")
    override = Notice(NoticeKind.OVERRIDE, "web", "100/0 -> 90/10", "let through (a reason)")
    change = shift([(A, 100), (B, 0)], [(A, 90), (B, 10)])

    waiting = folded(change, said("warning", str(waits)))
    both = folded(change, said("warning", str(waits)), said("warning", str(override)))

    assert title(waiting) == "1 to update, after a wait"
    assert title(both) == "1 to update, after a wait, by an override"
    assert waiting.outcome is PlanOutcome.CHANGES


def test_a_policy_that_many_resources_break_alike_is_one_line_and_mandatory_comes_first() -> None:
    def broken(name: str, level: str, resource: str, message: str) -> Event:
        event = policy(name, level, message)
        return Event(event.kind, {**event.body, "resourceUrn": urn(TARGET_GROUP, resource)})

    plan = folded(
        broken("interval", "advisory", "web-02", "too long"),
        broken("interval", "advisory", "web-01", "too long"),
        broken("interval", "advisory", "web-01", "and too short"),
        broken("stickiness", "mandatory", "web-01", "is on"),
    )

    assert [(each.policy, each.where, each.message) for each in plan.violations] == [
        ("stickiness", "web-01", "is on"),
        ("interval", "web-01", "and too short"),
        ("interval", "web-01, web-02", "too long"),
    ]
