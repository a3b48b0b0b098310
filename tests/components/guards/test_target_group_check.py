"""The guard of what target groups keep, with an engine and an AWS that the test makes up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from components.guards.errors import RefusedUpdateError
from components.guards.reader import GuardReader
from components.guards.target_group_check import TargetGroupCheck
from live.discovery import ListenerHint
from live.errors import AccessDeniedError
from live.rules import FoundRule
from rollout.conditions import Condition, Conditions, Field
from rollout.notice import Notice, NoticeKind
from tests.configs import Config, parsed, stack_config

ANY: Conditions = (
    Condition(Field.HOST, ("www.hankooktire.example",)),
    Condition(Field.PATH, ("/*",)),
)


class Engine:
    def __init__(self, port: int | None) -> None:
        self.port = port

    def stack_outputs(self) -> Mapping[str, Any]:
        return {} if self.port is None else {"services": {"portal": {}, "web": {}}}

    def resource_outputs(self) -> Mapping[str, Mapping[str, Any]]:
        rule = {
            "arn": "arn:web",
            "priority": 200.0,
            "conditions": [
                {"hostHeader": {"values": ["www.hankooktire.example"]}},
                {"pathPattern": {"values": ["/*"]}},
            ],
        }
        groups = {
            f"urn:pulumi:prod::failover::aws:lb/targetGroup:TargetGroup::{service}-{slot}": {
                "name": f"hankooktire-us-prd-{service}-{slot}-tg",
                "port": 8080.0 if service == "portal" else self.port,
                "protocol": "HTTP",
                "protocolVersion": "HTTP1",
            }
            for service in ("portal", "web")
            for slot in ("01", "02")
        }
        return {"urn:pulumi:prod::failover::aws:lb/listenerRule:ListenerRule::web": rule, **groups}


class Listener:
    """Reads a listener with these rules of others; None for one that may not be read."""

    def __init__(self, rules: tuple[FoundRule, ...] | None) -> None:
        self.rules = rules

    def listener_rules(self, *_: object) -> tuple[FoundRule, ...]:
        if self.rules is None:
            raise AccessDeniedError("not authorized")
        own = FoundRule("arn:web", 200, ANY, "", frozenset())
        return (own, *self.rules)


def look(
    wanted: int,
    engine: Engine,
    rules: tuple[FoundRule, ...] | None = (),
    *,
    is_preview: bool = True,
    target_group: Mapping[str, str] | None = None,
) -> list[Notice]:
    config: Config = stack_config("prod")
    config["failover:services"]["web"]["port"] = wanted
    config["failover:services"]["web"]["targetGroup"] = dict(target_group or {})
    config["failover:ramp"] = {"gates": {"targets": True}}
    check = TargetGroupCheck(
        parsed(config),
        {key.removeprefix("failover:"): value for key, value in config.items()},
        engine,
        cast("GuardReader", Listener(rules)),
        ListenerHint("arn:listener", "alb"),
        is_preview=is_preview,
    )
    return check.look()


@pytest.mark.parametrize(("wanted", "engine"), [(8080, Engine(8080)), (9090, Engine(None))])
def test_the_same_port_and_a_first_update_pass(wanted: int, engine: Engine) -> None:
    assert look(wanted, engine, is_preview=False) == []


def test_another_port_is_one_message_with_two_updates() -> None:
    (notice,) = look(9090, Engine(8080))

    assert (notice.kind, notice.service) == (NoticeKind.WILL_BE_REFUSED, "web")
    assert notice.text.startswith("port 8080 -> 9090: ")
    assert "failover:services.web2.priority=197" in notice.text
    assert "failover:services.web2.healthCheck.path=/healthz" in notice.text
    assert "config rm --path 'failover:services.web'" in notice.text


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [("protocol", "HTTP", "HTTPS"), ("protocolVersion", "HTTP1", "GRPC")],
)
def test_another_protocol_or_version_is_refused_with_the_way_to_it(
    key: str, before: str, after: str
) -> None:
    (notice,) = look(8080, Engine(8080), target_group={key: after})

    assert notice.change == f"targetGroup.{key}"
    assert notice.text.startswith(f"targetGroup.{key} {before} -> {after}: AWS cannot change")
    assert f"failover:services.web.targetGroup.{key}={before}" in notice.text
    assert f"failover:services.web2.targetGroup.{key}={after}" in notice.text


def test_the_version_that_aws_gives_by_itself_passes() -> None:
    assert look(8080, Engine(8080), target_group={"protocolVersion": "HTTP1"}) == []


def test_an_update_with_another_port_ends_before_anything_is_declared() -> None:
    with pytest.raises(RefusedUpdateError, match="port 8080 -> 9090"):
        look(9090, Engine(8080), is_preview=False)


@pytest.mark.parametrize(
    "rules", [(FoundRule("arn:other", 198, ANY, "forwards to batch", frozenset()),), None]
)
def test_without_a_place_that_is_known_only_the_way_back_is_printed(
    rules: tuple[FoundRule, ...] | None,
) -> None:
    (notice,) = look(9090, Engine(8080), rules)

    assert "services.web.port' 8080" in notice.text
    assert "set-all" not in notice.text
