from __future__ import annotations

from typing import Any

import pytest

from tests.components.recording import Recording
from tests.components.stacks import declared, recording_of
from tests.configs import COGNITO, OIDC, OIDC_SECRET, TOKEN, stack_config

GROUPS = ["arn:mock:TargetGroup/web-01", "arn:mock:TargetGroup/web-02"]
RULE = ":ListenerRule"


def forward(recording: Recording, rule: str) -> dict[str, Any]:
    (action,) = recording.one(RULE, rule).inputs["actions"]
    assert action["type"] == "forward"
    return action["forward"]


@pytest.mark.parametrize("weight", [0, 1, 25, 50, 90, 100])
def test_both_target_groups_stay_attached_at_every_split(weight: int) -> None:
    config = stack_config("prod") | {"failover:weights": f"{weight}/{100 - weight}"}

    recording = declared(config)

    assert forward(recording, "web")["targetGroups"] == [
        {"arn": GROUPS[0], "weight": weight},
        {"arn": GROUPS[1], "weight": 100 - weight},
    ]


def test_a_weight_change_changes_the_services_rules_and_nothing_else() -> None:
    sides = [
        {r.key: r for r in declared(stack_config("prod") | {"failover:weights": w}).registrations}
        for w in ("100/0", "75/25")
    ]

    changed = {key for key in sides[0] if sides[0][key] != sides[1][key]}

    assert sides[0].keys() == sides[1].keys()
    assert changed == {
        "aws:lb/listenerRule:ListenerRule web",
        "aws:lb/listenerRule:ListenerRule portal",
    }


def test_weights_of_a_service_override_the_common_ones() -> None:
    config = stack_config("prod")
    config["failover:weights"] = "90/10"
    config["failover:services"]["web"]["weights"] = "25/75"

    recording = declared(config)

    weights = {
        name: [group["weight"] for group in forward(recording, name)["targetGroups"]]
        for name in ("web", "portal")
    }
    assert weights == {"web": [25, 75], "portal": [90, 10]}


def test_no_client_sticks_to_a_slot() -> None:
    recording = recording_of("prod")

    assert forward(recording, "web")["stickiness"]["enabled"] is False
    assert [
        group.inputs["stickiness"]["enabled"] for group in recording.of_type(":TargetGroup")
    ] == [False] * 4


@pytest.mark.parametrize(("slot", "priority"), [("01", 198), ("02", 199)])
def test_a_slot_can_be_tried_at_any_weight_by_its_header(slot: str, priority: int) -> None:
    rule = recording_of("prod").one(RULE, f"web-{slot}")

    assert rule.inputs["priority"] == priority
    assert rule.inputs["conditions"] == [
        {"hostHeader": {"values": ["www.hankooktire.example"]}},
        {"pathPattern": {"values": ["/*"]}},
        {"httpHeader": {"httpHeaderName": "x-failover-slot", "values": [f"{slot}-{TOKEN}"]}},
    ]
    assert rule.inputs["actions"] == [
        {"type": "forward", "targetGroupArn": f"arn:mock:TargetGroup/web-{slot}"}
    ]


def test_the_token_is_a_secret_wherever_it_goes() -> None:
    recording = recording_of("prod")

    with_token = {r.key for r in recording.registrations if TOKEN in str(r.inputs)}
    with_secrets = {r.key for r in recording.registrations if r.has_secrets}

    assert len(with_token) == 4
    assert with_token == with_secrets
    assert recording.secret_exports == {"previewHeaders"}


def test_a_service_is_known_by_the_conditions_that_it_has() -> None:
    config = stack_config("prod")
    del config["failover:services"]["web"]["paths"]

    recording = declared(config)

    assert recording.one(RULE, "web").inputs["conditions"] == [
        {"hostHeader": {"values": ["www.hankooktire.example"]}}
    ]


def test_nothing_ignores_a_change() -> None:
    ignoring = [r.key for r in recording_of("prod").registrations if r.ignore_changes]

    assert ignoring == []


def test_every_slot_and_rule_belongs_to_its_service() -> None:
    recording = recording_of("prod")

    parents = {
        r.key: r.parent
        for r in (*recording.of_type(RULE), *recording.of_type("index:Slot"))
        if r.name.startswith("web")
    }

    assert set(parents) == {
        "aws:lb/listenerRule:ListenerRule web",
        "aws:lb/listenerRule:ListenerRule web-01",
        "aws:lb/listenerRule:ListenerRule web-02",
        "failover:index:Slot web-01",
        "failover:index:Slot web-02",
    }
    assert set(parents.values()) == {"failover:index:Service web"}


def test_every_component_registers_its_outputs() -> None:
    recording = recording_of("dev")

    components = {r.key for r in recording.registrations if r.is_component}

    assert components == set(recording.outputs)
    assert recording.outputs["failover:index:Service web"] == {
        "ruleArn": "arn:mock:ListenerRule/web",
        "weights": "50/50",
    }


def test_a_service_costs_no_more_resources_than_are_counted_here() -> None:
    recording = recording_of("prod")

    of_web = [r for r in recording.registrations if r.name == "web" or r.name.startswith("web-")]

    assert len(of_web) == 19


def test_an_adopted_rule_keeps_its_tags_and_nothing_else_of_what_it_was() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["adoptedRule"] = True

    recording = declared(config)

    rules = {name: recording.one(RULE, name).ignore_changes for name in ("web", "portal")}
    assert rules == {"web": ("tags",), "portal": ()}
    assert recording.one(RULE, "web-01").ignore_changes == ()


def test_the_rule_and_its_preview_rules_have_every_condition() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"] |= {
        "paths": [],
        "conditions": {
            "headers": {"X-Stage": ["beta"]},
            "queryStrings": [{"key": "v", "value": "2"}],
            "sourceIps": ["10.0.0.0/8"],
        },
    }
    config["failover:services"]["portal"]["conditions"] = {"methods": ["GET", "HEAD"]}
    config["failover:services"]["portal"]["paths"] = ["/portal"]

    recording = declared(config)

    own = [
        {"hostHeader": {"values": ["www.hankooktire.example"]}},
        {"httpHeader": {"httpHeaderName": "X-Stage", "values": ["beta"]}},
        {"queryStrings": [{"key": "v", "value": "2"}]},
        {"sourceIp": {"values": ["10.0.0.0/8"]}},
    ]
    header = {"httpHeaderName": "x-failover-slot", "values": [f"01-{TOKEN}"]}
    assert recording.one(RULE, "web").inputs["conditions"] == own
    assert recording.one(RULE, "web-01").inputs["conditions"] == [*own, {"httpHeader": header}]
    assert {"httpRequestMethod": {"values": ["GET", "HEAD"]}} in (
        recording.one(RULE, "portal").inputs["conditions"]
    )


def with_login(login: dict[str, Any], **top: Any) -> Recording:
    config = stack_config("prod") | {f"failover:{name}": value for name, value in top.items()}
    config["failover:services"]["web"]["authenticate"] = login
    return declared(config)


def kinds(recording: Recording, rule: str) -> list[str]:
    return [action["type"] for action in recording.one(RULE, rule).inputs["actions"]]


def test_a_login_comes_before_the_forward_of_the_rule_and_of_its_preview_rules() -> None:
    recording = with_login({"oidc": OIDC})

    login, _ = recording.one(RULE, "web").inputs["actions"]
    assert login == {
        "type": "authenticate-oidc",
        "authenticateOidc": {
            **OIDC,
            "scope": "openid",
            "sessionCookieName": "AWSELBAuthSessionCookie",
            "sessionTimeout": 604_800,
            "onUnauthenticatedRequest": "authenticate",
        },
    }
    for rule in ("web", "web-01", "web-02"):
        assert kinds(recording, rule) == ["authenticate-oidc", "forward"]
    assert kinds(recording, "portal") == ["forward"]


def test_a_user_pool_is_asked_before_the_forward() -> None:
    extra = {"authenticationRequestExtraParams": {"prompt": "login"}}
    recording = with_login({"cognito": {**COGNITO, **extra}})

    login, _ = recording.one(RULE, "web").inputs["actions"]
    assert login["authenticateCognito"] == {
        **COGNITO,
        **extra,
        "scope": "openid",
        "sessionCookieName": "AWSELBAuthSessionCookie",
        "sessionTimeout": 604_800,
        "onUnauthenticatedRequest": "authenticate",
    }


def test_the_secret_of_a_client_is_a_secret_wherever_it_goes_and_the_weights_are_none() -> None:
    recording = with_login({"oidc": OIDC})

    with_it = {r.key for r in recording.registrations if OIDC_SECRET in str(r.inputs)}

    assert {key.rpartition(" ")[2] for key in with_it} == {"web", "web-01", "web-02"}
    assert all(r.has_secrets for r in recording.registrations if r.key in with_it)
    assert recording.secret_exports == {"previewHeaders"}
    assert recording.exports["services"]["web"]["weights"] == "50/50"


def test_preview_rules_skip_the_login_by_consent_alone_and_their_tags_name_it() -> None:
    recording = with_login({"cognito": COGNITO}, preview={"skipLogin": True})

    preview, portal = recording.one(RULE, "web-02"), recording.one(RULE, "portal-02")
    assert kinds(recording, "web-02") == ["forward"]
    assert kinds(recording, "web") == ["authenticate-cognito", "forward"]
    assert preview.inputs["tags"]["Login"] == "skipped"
    assert "Login" not in portal.inputs["tags"]
