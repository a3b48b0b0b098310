"""Rules are taken, refused and shown as AWS does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import Aws, forward, refusal


def conditions(*fields: tuple[str, list[str]]) -> list[dict[str, Any]]:
    names = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}
    return [{"Field": f, names[f]: {"Values": values}} for f, values in fields]


def refused_rule(aws: Aws, **settings: Any) -> tuple[str, str]:
    arguments = {
        "ListenerArn": aws.listener_arn,
        "Priority": 500,
        "Conditions": conditions(("path-pattern", ["/*"])),
        **settings,
    }
    return refusal(aws.elbv2.create_rule, **arguments)


def weights(aws: Aws, rule: str) -> list[int]:
    shown = aws.elbv2.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
    return [g["Weight"] for g in shown["ForwardConfig"]["TargetGroups"]]


@pytest.mark.parametrize("weight", [-1, 1000])
def test_a_weight_outside_0_to_999_is_refused_and_changes_nothing(aws: Aws, weight: int) -> None:
    one, two = aws.target_group(), aws.target_group()
    rule = aws.rule((one, 100), (two, 0))

    code, _ = refusal(
        aws.elbv2.modify_rule, RuleArn=rule, Actions=[forward((one, weight), (two, 1))]
    )

    assert code == "ValidationError"
    assert weights(aws, rule) == [100, 0]


def test_both_weights_0_are_refused_because_aws_does_not_document_what_happens(aws: Aws) -> None:
    one, two = aws.target_group(), aws.target_group()
    rule = aws.rule((one, 100), (two, 0))

    code, message = refusal(
        aws.elbv2.modify_rule, RuleArn=rule, Actions=[forward((one, 0), (two, 0))]
    )

    assert code == "ValidationError"
    assert "not supported by the rehearsal" in message


def test_the_smallest_and_the_largest_weight_are_taken(aws: Aws) -> None:
    one, two = aws.target_group(), aws.target_group()

    rule = aws.rule((one, 0), (two, 999))

    assert weights(aws, rule) == [0, 999]


def test_each_of_several_groups_needs_a_weight_and_a_single_one_gets_1(aws: Aws) -> None:
    one, two = aws.target_group(), aws.target_group()
    unweighted = [{"TargetGroupArn": arn} for arn in (one, two)]
    single = aws.rule((one, 7), Actions=[{"Type": "forward", "TargetGroupArn": one}])

    code, _ = refused_rule(
        aws, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": unweighted}}]
    )

    assert code == "ValidationError"
    assert weights(aws, single) == [1]


def test_a_sixth_target_group_in_one_action_is_refused(aws: Aws) -> None:
    arns = [aws.target_group() for _ in range(6)]
    aws.rule(*((arn, 1) for arn in arns[:5]))

    code, _ = refused_rule(aws, Actions=[forward(*((arn, 1) for arn in arns))])

    assert code == "TooManyTargetGroups"


def test_a_sixth_condition_value_is_refused_over_all_conditions_together(aws: Aws) -> None:
    arn = aws.target_group()
    five = conditions(("host-header", ["a.b", "c.d"]), ("path-pattern", ["/1", "/2", "/3"]))
    six = conditions(("host-header", ["a.b", "c.d"]), ("path-pattern", ["/1", "/2", "/3", "/4"]))
    aws.rule((arn, 1), Conditions=five)

    code, message = refused_rule(aws, Actions=[forward((arn, 1))], Conditions=six)

    assert (code, message) == ("ValidationError", "A rule can only have '5' condition values")


def test_a_seventh_wildcard_is_refused(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 1), Conditions=conditions(("path-pattern", ["/*/*/*", "/?/?/?"])))

    code, message = refused_rule(
        aws,
        Actions=[forward((arn, 1))],
        Conditions=conditions(("path-pattern", ["/*/*/*", "/?/?/?/*"])),
    )

    assert (code, message) == ("ValidationError", "A rule can only have '6' condition wildcards")


def test_a_second_condition_on_the_path_is_refused(aws: Aws) -> None:
    arn = aws.target_group()

    code, _ = refused_rule(
        aws,
        Actions=[forward((arn, 1))],
        Conditions=conditions(("path-pattern", ["/a"]), ("path-pattern", ["/b"])),
    )

    assert code == "ValidationError"


def test_a_condition_is_shown_in_both_forms(aws: Aws) -> None:
    rule = aws.rule(
        (aws.target_group(), 1), Conditions=conditions(("host-header", ["a.example.com"]))
    )

    (shown,) = aws.elbv2.describe_rules(RuleArns=[rule])["Rules"][0]["Conditions"]

    assert shown == {
        "Field": "host-header",
        "Values": ["a.example.com"],
        "HostHeaderConfig": {"Values": ["a.example.com"]},
    }


def test_a_single_target_group_is_shown_in_both_forms_and_two_in_one(aws: Aws) -> None:
    one, two = aws.target_group(), aws.target_group()
    stickiness = {"Enabled": False}

    single = aws.rule((one, 5))
    both = aws.rule((one, 5), (two, 5))

    def action(rule: str) -> dict[str, Any]:
        return aws.elbv2.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]

    assert action(single) == {
        "Type": "forward",
        "TargetGroupArn": one,
        "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": one, "Weight": 5}],
            "TargetGroupStickinessConfig": stickiness,
        },
    }
    assert "TargetGroupArn" not in action(both)


def test_rules_are_listed_by_priority_with_the_default_one_last(aws: Aws) -> None:
    arn = aws.target_group()
    for priority in (30, 10, 20):
        aws.rule((arn, 1), Priority=priority)

    listed = aws.elbv2.describe_rules(ListenerArn=aws.listener_arn)["Rules"]

    assert [r["Priority"] for r in listed] == ["10", "20", "30", "default"]


def test_a_priority_is_taken_once_and_lies_between_1_and_50000(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 1), Priority=500)
    actions = [forward((arn, 1))]

    in_use = refused_rule(aws, Actions=actions)[0]
    outside = [refused_rule(aws, Actions=actions, Priority=p)[0] for p in (0, 50_001)]

    assert in_use == "PriorityInUse"
    assert outside == ["ValidationError", "ValidationError"]


def test_two_rules_can_swap_their_priorities(aws: Aws) -> None:
    arn = aws.target_group()
    one, two = aws.rule((arn, 1), Priority=1), aws.rule((arn, 1), Priority=2)

    aws.elbv2.set_rule_priorities(
        RulePriorities=[{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
    )

    listed = aws.elbv2.describe_rules(ListenerArn=aws.listener_arn)["Rules"]
    assert [r["RuleArn"] for r in listed[:2]] == [two, one]


def test_the_default_rule_can_be_neither_modified_nor_deleted(aws: Aws) -> None:
    default = aws.elbv2.describe_rules(ListenerArn=aws.listener_arn)["Rules"][0]["RuleArn"]
    arn = aws.target_group()

    codes = {
        refusal(aws.elbv2.modify_rule, RuleArn=default, Actions=[forward((arn, 1))])[0],
        refusal(aws.elbv2.delete_rule, RuleArn=default)[0],
    }

    assert codes == {"OperationNotPermitted"}


def test_the_101st_rule_of_a_load_balancer_is_refused(aws: Aws) -> None:
    arn = aws.target_group()
    for _ in range(100):
        aws.rule((arn, 1))

    code, _ = refused_rule(aws, Actions=[forward((arn, 1))])

    assert code == "TooManyRules"


def test_a_rule_that_is_not_there_cannot_be_deleted(aws: Aws) -> None:
    rule = aws.rule((aws.target_group(), 1))
    aws.elbv2.delete_rule(RuleArn=rule)

    assert refusal(aws.elbv2.delete_rule, RuleArn=rule)[0] == "RuleNotFound"


@pytest.mark.parametrize(
    "action",
    [
        {"Type": "authenticate-oidc"},
        {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_308"}},
        {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}},
        {"Type": "forward"},
    ],
)
def test_an_action_that_cannot_be_is_refused(aws: Aws, action: dict[str, Any]) -> None:
    code, _ = refused_rule(aws, Actions=[action])

    assert code in ("ValidationError", "InvalidLoadBalancerAction")


def test_a_target_group_of_another_vpc_is_refused(aws: Aws) -> None:
    vpc_id = aws.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    arn = aws.target_group(VpcId=vpc_id)

    code, _ = refused_rule(aws, Actions=[forward((arn, 1))])

    assert code == "InvalidConfigurationRequest"


def test_a_target_group_in_a_rule_cannot_be_deleted(aws: Aws) -> None:
    arn = aws.target_group()
    rule = aws.rule((arn, 0), (aws.target_group(), 1))

    in_use = refusal(aws.elbv2.delete_target_group, TargetGroupArn=arn)[0]
    aws.elbv2.delete_rule(RuleArn=rule)
    aws.elbv2.delete_target_group(TargetGroupArn=arn)

    assert in_use == "ResourceInUse"
    assert refusal(aws.elbv2.describe_target_groups, TargetGroupArns=[arn])[0] == (
        "TargetGroupNotFound"
    )


OIDC = {
    "Issuer": "https://login.example",
    "AuthorizationEndpoint": "https://login.example/authorize",
    "TokenEndpoint": "https://login.example/token",
    "UserInfoEndpoint": "https://login.example/me",
    "ClientId": "shop",
    "ClientSecret": "s3cret",
}


def login(order: int | None = 1, **changed: str) -> dict[str, Any]:
    action = {"Type": "authenticate-oidc", "AuthenticateOidcConfig": {**OIDC, **changed}}
    return action if order is None else {**action, "Order": order}


def test_a_login_is_shown_before_its_forward_with_defaults_and_without_its_secret(aws: Aws) -> None:
    group = aws.target_group()

    rule = aws.rule(Actions=[{**forward((group, 1)), "Order": 2}, login()])
    first, second = aws.elbv2.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"]

    assert second["Type"] == "forward"
    assert first["AuthenticateOidcConfig"] == {
        **{name: value for name, value in OIDC.items() if name != "ClientSecret"},
        "SessionCookieName": "AWSELBAuthSessionCookie",
        "Scope": "openid",
        "SessionTimeout": 604800,
        "OnUnauthenticatedRequest": "authenticate",
    }


def test_a_login_is_changed_without_its_secret_only_where_that_is_asked_for(aws: Aws) -> None:
    to = {**forward((aws.target_group(), 1)), "Order": 2}
    rule = aws.rule(Actions=[login(), to])
    without: dict[str, Any] = {k: value for k, value in OIDC.items() if k != "ClientSecret"}
    changed: dict[str, Any] = {
        "Type": "authenticate-oidc",
        "Order": 1,
        "AuthenticateOidcConfig": without,
    }

    _, message = refusal(aws.elbv2.modify_rule, RuleArn=rule, Actions=[changed, to])
    changed["AuthenticateOidcConfig"] = {**without, "UseExistingClientSecret": True}
    aws.elbv2.modify_rule(RuleArn=rule, Actions=[changed, to])

    assert "ClientSecret" in message


@pytest.mark.parametrize(
    ("logins", "forward_order", "what"),
    [
        ([login(2)], 1, "The last action must be a forward"),
        ([login(1)], 1, "order of each action must be unique"),
        ([login(None)], None, "An order must be specified"),
        ([login(1), login(2)], 3, "at most one authenticate action"),
        ([login(1, TokenEndpoint="http://login.example")], 2, "must be an HTTPS URL"),
        ([login(1, OnUnauthenticatedRequest="ask")], 2, "[deny, allow, authenticate]"),
        ([{"Type": "authenticate-cognito", "Order": 1}], 2, "must have UserPoolArn"),
    ],
)
def test_a_login_that_aws_would_refuse_is_refused(
    aws: Aws, logins: list[dict[str, Any]], forward_order: int | None, what: str
) -> None:
    to = forward((aws.target_group(), 1))
    if forward_order is not None:
        to = {**to, "Order": forward_order}

    _, message = refused_rule(aws, Actions=[*logins, to])

    assert what in message
