"""What a rule looks at beside hosts and paths."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.conditions import Condition, Field, covers
from rollout.errors import SettingsError
from rollout.problem import Problem
from rollout.wildcards import plain_text
from settings.conditions import RuleConditions
from settings.probe import (
    has_own_sources,
    plain_headers,
    plain_query,
    unmet_condition,
)
from tests.configs import Config, parsed, stack_config
from tests.fixing import fixed

WEB = "failover:services.web"


def web_with(**conditions: object) -> Config:
    config = stack_config("prod")
    config["failover:services"]["web"]["conditions"] = conditions
    return config


def problem_of(config: Config) -> Problem:
    with pytest.raises(SettingsError) as caught:
        parsed(config)
    (problem,) = caught.value.problems
    return problem


def test_every_kind_of_condition_is_one_of_the_rule() -> None:
    config = web_with(headers={"X-Stage": ["beta"]}, queryStrings=[{"key": "v", "value": "2*"}])
    config["failover:services"]["portal"]["conditions"] = {
        "methods": ["GET"],
        "sourceIps": ["192.0.2.0/24"],
    }
    config["failover:services"]["portal"]["paths"] = ["/portal"]

    portal, web = parsed(config).services

    assert web.rule.listed()[2:] == (
        Condition(Field.HEADER, ("beta",), "X-Stage"),
        Condition(Field.QUERY, ("2*",), keys=("v",)),
    )
    assert portal.rule.listed()[2:] == (
        Condition(Field.METHOD, ("GET",)),
        Condition(Field.SOURCE, ("192.0.2.0/24",)),
    )


def test_a_service_may_have_a_header_alone() -> None:
    config = web_with(headers={"X-Stage": ["beta"]})
    del config["failover:services"]["web"]["hosts"], config["failover:services"]["web"]["paths"]

    _, web = parsed(config).services

    assert web.rule.listed() == (Condition(Field.HEADER, ("beta",), "X-Stage"),)


def test_a_value_that_the_cli_keeps_as_a_number_or_a_flag_is_its_text() -> None:
    _, web = parsed(web_with(headers={"X-Stage": [2]}, queryStrings=[{"value": True}])).services

    assert web.rule.conditions.headers == {"X-Stage": ("2",)}
    assert web.rule.conditions.query_strings == ({"value": "true"},)


@pytest.mark.parametrize(
    ("conditions", "path", "expected"),
    [
        ({"headers": {"Host": ["a"]}}, "headers", "other than Host"),
        ({"headers": {"x-failover-slot": ["01"]}}, "headers", "than x-failover-slot"),
        ({"headers": {"X A": ["a"]}}, "headers", "the name of a header"),
        ({"headers": {"X-A": ["a"], "x-a": ["b"]}}, "headers", "each header once"),
        ({"headers": {"X-A": []}}, "headers", "a list of 1 to 5 entries"),
        ({"headers": ["X-A"]}, "headers", "a map of at most 5 header names"),
        ({"methods": ["get"]}, "methods[0]", "an HTTP method in capitals"),
        ({"queryStrings": [{"key": "v"}]}, "queryStrings[0]", "a map of `value`"),
        ({"queryStrings": [{"value": "a b"}]}, "queryStrings[0].value", "without spaces"),
        ({"sourceIps": ["10.0.0.1/8"]}, "sourceIps[0]", "a block of addresses"),
        ({"sourceIps": ["here"]}, "sourceIps[0]", "a block of addresses"),
        ({"headers": {"X-A": ["a", "b"]}, "methods": ["GET"]}, "headers", "there are 5"),
        ({"headers": {"X-A": ["*?*?*?"]}}, "headers", "at most 6 of * and ?"),
    ],
)
def test_a_condition_that_aws_would_refuse_is_one_problem_that_its_command_fixes(
    conditions: dict[str, Any], path: str, expected: str
) -> None:
    config = web_with(**conditions)

    problem = problem_of(config)

    assert problem.path == f"{WEB}.conditions.{path}"
    assert expected in problem.expected
    assert parsed(fixed(config, problem.fix))


def test_a_condition_too_many_goes_as_a_whole_where_no_list_has_one_to_spare() -> None:
    config = web_with(headers={"X-A": ["a"]}, methods=["GET"], sourceIps=["10.0.0.0/8"])

    problem = problem_of(config)

    assert problem.fix == f"pulumi config rm --path '{WEB}.conditions.headers.X-A'"
    assert "at most 4 values of hosts, paths and conditions together" in problem.expected


def test_services_that_differ_by_a_condition_share_hosts_and_paths() -> None:
    config = web_with(headers={"X-Stage": ["beta"]})
    config["failover:services"]["portal"]["paths"] = ["/*"]

    portal, web = parsed(config).services

    assert (portal.rule.hosts, portal.rule.paths) == (web.rule.hosts, web.rule.paths)


def test_services_with_the_same_conditions_in_another_spelling_clash() -> None:
    config = web_with(headers={"X-Stage": ["beta", "alpha"]})
    config["failover:services"]["portal"] |= {
        "paths": ["/*"],
        "conditions": {"headers": {"x-stage": ["Alpha", "beta"]}},
    }

    problem = problem_of(config)

    assert "beside the same other conditions is portal's already" in problem.expected


@pytest.mark.parametrize("pattern", ["beta", "b*a", "?", "\\*", "a\\?b*", "*"])
def test_a_text_of_ours_is_one_that_the_pattern_takes(pattern: str) -> None:
    text = plain_text(pattern)

    literal = text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
    assert covers(
        [Condition(Field.HEADER, (pattern,), "x")], [Condition(Field.HEADER, (literal,), "x")]
    )


def test_a_request_of_ours_has_the_headers_and_the_first_query_string_of_the_rule() -> None:
    conditions = RuleConditions(
        headers={"X-Stage": ("b*", "c"), "X-Any": ("*",)},
        query_strings=({"key": "version", "value": "2&?"}, {"value": "x"}),
    )

    assert plain_headers(conditions) == {"X-Stage": "b", "X-Any": "x"}
    assert plain_query(conditions) == "?version=2%26x"
    assert plain_query(RuleConditions(query_strings=({"value": "on"},))) == "?q=on"
    assert plain_query(RuleConditions()) == ""


def test_what_no_request_of_ours_can_meet_is_named() -> None:
    posted = RuleConditions(methods=("POST", "PUT"))

    assert unmet_condition(posted) == "its rule takes only POST and PUT, and they are GET"
    assert unmet_condition(RuleConditions(methods=("POST", "GET"))) is None
    assert "the header Upgrade" in (
        unmet_condition(RuleConditions(headers={"Upgrade": ("*",)})) or ""
    )
    assert has_own_sources(RuleConditions(source_ips=("10.0.0.0/8",)))
    assert not has_own_sources(RuleConditions(source_ips=("10.0.0.0/8", "0.0.0.0/0")))
