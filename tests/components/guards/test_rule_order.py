"""The guard of the rules' order, on an AWS and an engine that the test makes up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.guards.errors import RefusedUpdateError
from components.guards.recorded_state import remembered_rules
from components.guards.rule_order import RuleOrder
from components.guards.wanted import search_of, wanted_services
from rollout.notice import Notice, NoticeKind
from rollout.split import Slot
from settings.settings import Settings
from tests.components.guards.test_update_judge import FakeReader, arn_of, urn
from tests.configs import Config, parsed, stack_config
from tests.live.fake_aws import FakeAws, refused

RULE = "aws:lb/listenerRule:ListenerRule"
LISTENER = "arn:listener"


class Engine:
    """What the engine remembers of the rules of a deployed config; nothing of no config."""

    def __init__(self, settings: Settings | None) -> None:
        self.settings = settings

    def stack_outputs(self) -> Mapping[str, Any]:
        return {"services": {"web": {}}} if self.settings else {}

    def resource_outputs(self) -> Mapping[str, Mapping[str, Any]]:
        assert self.settings is not None
        return {
            urn(RULE, name): {
                "arn": f"arn:rule/{name}",
                "priority": float(priority),
                "conditions": [
                    {"hostHeader": {"values": list(service.rule.hosts)}, "pathPattern": None},
                    {"pathPattern": {"values": list(service.rule.paths)}},
                ],
            }
            for service in self.settings.services
            for name, priority in names_of(service.name, service.rule.priority).items()
        }


def names_of(service: str, priority: int) -> dict[str, int]:
    return {f"{service}-01": priority - 2, f"{service}-02": priority - 1, service: priority}


def live_rule(arn: str, priority: int, target_group: str, **fields: list[str]) -> dict[str, Any]:
    """A rule as AWS lists it: `host=[...]`, `path=[...]`, `header=[...]`."""
    conditions: list[dict[str, Any]] = []
    for field, values in fields.items():
        if field == "host":
            conditions.append({"Field": "host-header", "HostHeaderConfig": {"Values": values}})
        elif field == "path":
            conditions.append({"Field": "path-pattern", "PathPatternConfig": {"Values": values}})
        else:
            config = {"HttpHeaderName": "X-Failover-Slot", "Values": values}
            conditions.append({"Field": "http-header", "HttpHeaderConfig": config})
    action = {"Type": "forward", "TargetGroupArn": target_group}
    return {
        "RuleArn": arn,
        "Priority": str(priority),
        "Conditions": conditions,
        "Actions": [action],
    }


def deployed(settings: Settings) -> list[dict[str, Any]]:
    """The live rules of a config, and the default one."""
    rules = [
        live_rule(
            f"arn:rule/{name}",
            priority,
            arn_of(service.name, Slot.SECOND if name.endswith("-02") else Slot.FIRST),
            host=list(service.rule.hosts),
            path=list(service.rule.paths),
            **({} if name == service.name else {"header": ["secret"]}),
        )
        for service in settings.services
        for name, priority in names_of(service.name, service.rule.priority).items()
    ]
    default = {"RuleArn": "arn:rule/default", "Priority": "default", "Actions": []}
    return [*rules, default]


def aws_with(*rules: dict[str, Any]) -> FakeAws:
    return FakeAws(listed={"describe_rules": {"Rules": list(rules)}})


def told(
    config: Config,
    fake: FakeAws,
    before: Config | None,
    *,
    is_preview: bool = True,
    is_override_free: bool = True,
) -> list[Notice]:
    """What the guard says of this config on a stack that has the one before."""
    settings = parsed(config)
    order = RuleOrder(
        settings,
        wanted_services(settings),
        remembered_rules(Engine(None if before is None else parsed(before))),
        FakeReader(fake),
        replace(search_of(settings).listener, listener_arn=LISTENER),
        is_preview=is_preview,
    )
    return order.look(is_override_free=is_override_free)


def with_priority(service: str, priority: int) -> Config:
    config = stack_config("prod")
    config["failover:services"][service]["priority"] = priority
    return config


PROD = stack_config("prod")
BATCH = live_rule("arn:rule/batch", 249, "arn:tg/targetgroup/batch/1", host=["batch.example"])


def test_a_stack_whose_rules_are_in_order_is_told_nothing() -> None:
    assert told(PROD, aws_with(*deployed(parsed(PROD)), BATCH), PROD) == []


def test_an_update_that_leaves_the_rules_as_they_are_does_not_read_the_listener() -> None:
    fake = aws_with(*deployed(parsed(PROD)))

    assert told(PROD, fake, PROD, is_preview=False) == []
    assert not fake.calls


def test_a_preview_says_that_a_service_would_be_hidden() -> None:
    (notice,) = told(with_priority("web", 50), aws_with(*deployed(parsed(PROD))), PROD)

    assert notice.kind is NoticeKind.WILL_BE_REFUSED
    assert (notice.service, notice.change) == ("web", "priority 200 -> 50")
    assert "would get no request" in notice.text
    assert Notice.parse(str(notice)) == notice


def test_an_update_that_would_hide_a_service_is_refused() -> None:
    fake = aws_with(*deployed(parsed(PROD)))

    with pytest.raises(
        RefusedUpdateError, match=r"the rule of portal at 100 .* would get no request"
    ):
        told(with_priority("web", 50), fake, PROD, is_preview=False)


def test_the_override_lets_a_service_be_hidden() -> None:
    config = with_priority("web", 50) | {"failover:override": "portal is moved away today"}
    fake = aws_with(*deployed(parsed(PROD)))

    (notice,) = told(config, fake, PROD, is_preview=False)

    assert notice.kind is NoticeKind.OVERRIDE


def test_an_override_that_lets_something_else_through_does_not_let_this_through() -> None:
    config = with_priority("web", 50) | {"failover:override": "a stage is skipped"}

    with pytest.raises(RefusedUpdateError):
        told(
            config,
            aws_with(*deployed(parsed(PROD))),
            PROD,
            is_preview=False,
            is_override_free=False,
        )


def test_no_override_lets_two_rules_have_one_place() -> None:
    config = with_priority("web", 250) | {"failover:override": "all will be well"}

    with pytest.raises(
        RefusedUpdateError, match="priority 249, for its preview rule web-02, is taken"
    ):
        told(config, aws_with(*deployed(parsed(PROD)), BATCH), PROD, is_preview=False)


def test_a_rule_of_another_team_that_hides_a_service_is_a_line_of_the_preview_alone() -> None:
    maintenance = live_rule("arn:rule/m", 1, "arn:tg/targetgroup/m/1", path=["/*"])
    fake = aws_with(*deployed(parsed(PROD)), maintenance)

    notices = told(PROD, fake, PROD)

    assert {(n.kind, n.service) for n in notices} == {
        (NoticeKind.NOTE, "portal"),
        (NoticeKind.NOTE, "web"),
    }
    assert told(PROD | {"failover:weights": "75/25"}, fake, PROD, is_preview=False) == []


def test_a_first_update_meets_the_rules_of_others() -> None:
    taken = live_rule("arn:rule/x", 199, "arn:tg/targetgroup/x/1", host=["x.example"])

    (notice,) = told(PROD, aws_with(taken), None)

    assert notice.change == "new at priority 200"
    assert "arn:rule/x" in notice.text
    assert "pulumi config set --path failover:services.web.priority 202 && pulumi up" in notice.text


def test_a_first_update_that_was_cut_short_is_not_in_its_own_way() -> None:
    rules = deployed(parsed(PROD))[:2]

    assert told(PROD, aws_with(*rules), None) == []


def test_an_aws_that_cannot_be_read_refuses_a_change_of_the_rules() -> None:
    fake = aws_with()
    fake.failures["describe_rules"] = [refused("DescribeRules", "AccessDenied") for _ in range(2)]

    (notice,) = told(with_priority("web", 250), fake, PROD)

    assert notice.kind is NoticeKind.WILL_BE_REFUSED
    with pytest.raises(RefusedUpdateError, match="DescribeRules"):
        told(with_priority("web", 250), fake, PROD, is_preview=False)


@pytest.mark.parametrize(("priority", "is_hidden"), [(200, False), (50, True)])
def test_services_that_differ_by_a_condition_stand_in_the_order_of_the_narrower_first(
    priority: int, *, is_hidden: bool
) -> None:
    config = with_priority("web", priority)
    config["failover:services"]["portal"] |= {
        "paths": ["/*"],
        "conditions": {"queryStrings": [{"key": "stage", "value": "beta"}]},
    }

    notices = told(config, aws_with(*deployed(parsed(PROD)), BATCH), PROD)

    assert all("would get no request" in notice.text for notice in notices)
    assert bool(notices) is is_hidden
