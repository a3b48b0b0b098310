"""What is refused before anything changes, and what is filled in."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.provider.check import InputProblem, checked_inputs
from rehearsal.provider.families import RESOURCE_TYPES
from rehearsal.provider.table import DEFAULTS_KEY, ResourceType, Values
from rehearsal.provider.wire import UNKNOWN

TG_ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/1"
LISTENER_ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/1/2"

TARGET_GROUP = RESOURCE_TYPES["aws:lb/targetGroup:TargetGroup"]
LISTENER_RULE = RESOURCE_TYPES["aws:lb/listenerRule:ListenerRule"]
GROUP = RESOURCE_TYPES["aws:autoscaling/group:Group"]
LOAD_BALANCER = RESOURCE_TYPES["aws:lb/loadBalancer:LoadBalancer"]
ALARM = RESOURCE_TYPES["aws:cloudwatch/metricAlarm:MetricAlarm"]


def _check(
    kind: ResourceType, given: Values, *, old: Values | None = None, **tags: str
) -> tuple[Values, list[InputProblem]]:
    return checked_inputs(
        kind, given, old_inputs=old or {}, logical_name="web", seed=b"s", default_tags=tags
    )


def _group(**changed: Any) -> Values:
    return {"name": "a", "port": 80, "protocol": "HTTP", "vpcId": "vpc-1", **changed}


def _rule(**changed: Any) -> Values:
    return {
        "listenerArn": LISTENER_ARN,
        "actions": [{"type": "forward", "targetGroupArn": TG_ARN}],
        "conditions": [{"pathPattern": {"values": ["/*"]}}],
        **changed,
    }


def _weights(*weights: Any) -> Values:
    groups = [{"arn": TG_ARN, "weight": weight} for weight in weights]
    return _rule(actions=[{"type": "forward", "forward": {"targetGroups": groups}}])


@pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)
def test_an_input_that_is_not_known_is_refused_by_its_name(kind: ResourceType) -> None:
    _, problems = _check(kind, {"surprise": 1})

    reason = f"{kind.token}: input 'surprise' is not supported by the rehearsal"
    assert InputProblem("surprise", reason) in problems


def test_an_unknown_input_deep_inside_is_refused_by_its_path() -> None:
    _, problems = _check(TARGET_GROUP, _group(healthCheck={"path": "/", "pathh": "/"}))

    assert [problem.path for problem in problems] == ["healthCheck.pathh"]
    assert "not supported by the rehearsal" in problems[0].reason


@pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)
def test_what_is_required_is_missed_by_its_name(kind: ResourceType) -> None:
    _, problems = _check(kind, {})

    missed = {problem.path for problem in problems if problem.reason.startswith("missing required")}
    assert missed == {name for name, entry in kind.properties.items() if entry.required}


def test_defaults_are_filled_in_and_named() -> None:
    inputs, problems = _check(TARGET_GROUP, _group(stickiness={"type": "lb_cookie"}))

    assert problems == []
    assert inputs["deregistrationDelay"] == 300
    assert inputs["stickiness"] == {
        "type": "lb_cookie",
        "enabled": True,
        "cookieDuration": 86400,
        DEFAULTS_KEY: ["enabled", "cookieDuration"],
    }
    assert inputs[DEFAULTS_KEY] == ["targetType", "deregistrationDelay", "slowStart"]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"name": "a" * 33}, "name"),
        ({"name": "a_b"}, "name"),
        ({"name": "-a"}, "name"),
        ({"name": "a-"}, "name"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"protocol": "UDP"}, "protocol"),
        ({"deregistrationDelay": 3601}, "deregistrationDelay"),
        ({"slowStart": 29}, "slowStart"),
        ({"healthCheck": {"interval": 4}}, "healthCheck.interval"),
        ({"healthCheck": {"path": "health"}}, "healthCheck.path"),
        ({"healthCheck": {"interval": 10, "timeout": 10}}, "healthCheck.timeout"),
        ({"port": "eighty"}, "port"),
        ({"healthCheck": []}, "healthCheck"),
        ({"vpcId": None}, "vpcId"),
    ],
)
def test_a_target_group_that_aws_would_refuse_is_refused_here(changed: Values, path: str) -> None:
    _, problems = _check(TARGET_GROUP, _group(**changed))

    assert [problem.path for problem in problems] == [path]


@pytest.mark.parametrize("name", ["a", "hankooktire-us-prd-web-01-tg", "A" * 32])
def test_names_that_aws_takes_pass(name: str) -> None:
    assert _check(TARGET_GROUP, _group(name=name))[1] == []


@pytest.mark.parametrize("weight", [-1, 1000, "many", True])
def test_a_weight_outside_of_0_to_999_is_refused(weight: Any) -> None:
    _, problems = _check(LISTENER_RULE, _weights(100, weight))

    assert [p.path for p in problems] == ["actions[0].forward.targetGroups[1].weight"]


def test_weights_at_both_ends_pass() -> None:
    assert _check(LISTENER_RULE, _weights(0, 999))[1] == []


def test_a_forward_to_six_groups_is_refused() -> None:
    _, problems = _check(LISTENER_RULE, _weights(*range(6)))

    assert [p.path for p in problems] == ["actions[0].forward.targetGroups"]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"priority": 0}, "priority"),
        ({"priority": 50_001}, "priority"),
        ({"listenerArn": "listener"}, "listenerArn"),
        ({"actions": [{"type": "forward"}]}, "actions[0]"),
        ({"actions": [{"type": "redirect"}]}, "actions[0]"),
        ({"conditions": [{}]}, "conditions[0]"),
        (
            {"conditions": [{"pathPattern": {"values": ["x" * 129]}}]},
            "conditions[0].pathPattern.values[0]",
        ),
    ],
)
def test_a_rule_that_aws_would_refuse_is_refused_here(changed: Values, path: str) -> None:
    _, problems = _check(LISTENER_RULE, _rule(**changed))

    assert [problem.path for problem in problems] == [path]


@pytest.mark.parametrize(("period", "is_taken"), [(10, True), (15, False), (60, True), (90, False)])
def test_an_alarms_period_is_10_20_or_30_seconds_or_whole_minutes(
    period: int, is_taken: bool
) -> None:
    _, problems = _check(ALARM, {"period": period})

    assert ("period" not in {problem.path for problem in problems}) == is_taken


@pytest.mark.parametrize(
    ("kind", "given"),
    [(LOAD_BALANCER, {"idleTimeout": 4001}), (GROUP, {"healthCheckType": "VPC_LATTICE"})],
)
def test_what_the_official_provider_leaves_to_aws_passes_a_preview(
    kind: ResourceType, given: Values
) -> None:
    _, problems = _check(kind, given)

    assert {problem.path for problem in problems}.isdisjoint(given)


def test_every_problem_is_reported_at_once() -> None:
    _, problems = _check(TARGET_GROUP, _group(port=0, name="-", surprise=1))

    assert {problem.path for problem in problems} == {"port", "name", "surprise"}


def test_what_is_not_known_yet_passes_at_every_depth() -> None:
    inputs, problems = _check(
        LISTENER_RULE,
        _rule(
            listenerArn=UNKNOWN,
            priority=UNKNOWN,
            actions=[
                {"type": "forward", "forward": {"targetGroups": [{"arn": UNKNOWN, "weight": 1}]}}
            ],
            conditions=UNKNOWN,
        ),
    )

    assert problems == []
    assert inputs["actions"][0]["forward"]["targetGroups"][0]["arn"] is UNKNOWN


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("port", "80", 80),
        ("name", 80, "80"),
        ("slowStart", "30", 30),
    ],
)
def test_values_are_converted_as_terraform_does(name: str, given: Any, expected: Any) -> None:
    inputs, problems = _check(TARGET_GROUP, _group(**{name: given}))

    assert problems == []
    assert inputs[name] == expected


def test_a_template_version_may_be_given_as_a_number() -> None:
    inputs, _ = _check(
        GROUP,
        {
            "minSize": 1,
            "maxSize": 1,
            "vpcZoneIdentifiers": ["subnet-1"],
            "launchTemplate": {"id": "lt-1", "version": 3},
        },
    )

    assert inputs["launchTemplate"]["version"] == "3"


def test_default_tags_are_under_the_program_s_own() -> None:
    inputs, _ = _check(TARGET_GROUP, _group(tags={"a": "own"}), a="default", b="default")

    assert inputs["tags"] == {"a": "own", "b": "default"}


def test_a_name_that_is_not_given_is_made_once_and_kept() -> None:
    first, problems = _check(TARGET_GROUP, _group(name=None))
    second, _ = _check(TARGET_GROUP, _group(name=None), old={**first, "name": "web-0000000"})

    assert problems == []
    assert first["name"].startswith("web-")
    assert len(first["name"]) == len("web-") + 7
    assert "name" in first[DEFAULTS_KEY]
    assert second["name"] == "web-0000000"


def test_a_name_that_was_given_before_is_not_kept_when_it_is_no_longer() -> None:
    given, _ = _check(TARGET_GROUP, _group(name="own"))

    inputs, _ = _check(TARGET_GROUP, _group(name=None), old=given)

    assert inputs["name"] != "own"


def test_a_document_may_be_given_as_an_object() -> None:
    kind = RESOURCE_TYPES["aws:cloudwatch/dashboard:Dashboard"]
    known: Values = {"dashboardName": "a", "dashboardBody": {"widgets": [{"type": "text"}]}}
    unknown: Values = {"dashboardName": "a", "dashboardBody": {"widgets": [UNKNOWN]}}

    assert _check(kind, known)[0]["dashboardBody"] == '{"widgets": [{"type": "text"}]}'
    assert _check(kind, unknown)[0]["dashboardBody"] is UNKNOWN
    assert _check(kind, {**known, "dashboardBody": "{"})[1][0].path == "dashboardBody"
