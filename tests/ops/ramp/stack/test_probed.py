"""Services that no request of ours can be made to, and those whose config says how."""

from __future__ import annotations

import pytest

from ops.ramp.errors import BadInputError
from ops.ramp.stack.probed import (
    Probed,
    behind_a_login,
    connect_to,
    read_probed,
    refuse_unreachable,
    request_headers,
)
from settings.declaration.command import NAMESPACE
from settings.declaration.raw import decoded
from settings.declaration.section import ConfigProblems, Section
from settings.probe import ProbeSettings
from settings.settings import TOP
from tests.configs import COGNITO, OIDC, Config, as_handed_over, stack_config

URL = "https://www.hankooktire.example/shop"


def probed(config: Config) -> dict[str, Probed]:
    problems = ConfigProblems(frozenset({"failover:services"}))
    top = Section(decoded(as_handed_over(config), TOP), f"{NAMESPACE}:", TOP, problems)
    found = read_probed(top, ["portal", "web"])
    assert problems.found == ()
    return found


def web(**changed: object) -> Config:
    config = stack_config("prod")
    config["failover:services"]["web"] |= changed
    return config


@pytest.mark.parametrize(
    ("hosts", "has"),
    [([], "no host at all"), (["*.hankooktire.example"], r"only \*\.hankooktire\.example")],
)
def test_a_service_that_no_request_can_be_made_to_is_refused_with_the_key_that_says_how(
    hosts: list[str], has: str
) -> None:
    found = probed(web(hosts=hosts, paths=["/shop/*"]))

    with pytest.raises(BadInputError, match=has) as caught:
        refuse_unreachable(["portal", "web"], found)

    assert str(caught.value).endswith(
        "fix:      pulumi config set --path failover:services.web.probe.url https://HOST/shop/"
    )


def test_a_service_that_is_not_ramped_may_be_out_of_reach() -> None:
    refuse_unreachable(["portal"], probed(web(hosts=[])))


def test_a_url_of_the_config_makes_a_service_reachable() -> None:
    found = probed(web(hosts=[], probe={"url": URL, "address": "10.0.0.1:8443"}))

    refuse_unreachable(["portal", "web"], found)

    assert found["web"].url == URL
    assert connect_to(found) == {"web": "10.0.0.1:8443"}


def test_a_host_without_a_wildcard_needs_no_url() -> None:
    found = probed(web())

    refuse_unreachable(["web"], found)

    assert found["web"].url == "https://www.hankooktire.example/"
    assert found["web"].probe == ProbeSettings()


def test_requests_carry_what_the_rule_looks_at() -> None:
    query, headers = [{"key": "stage", "value": "be*"}], {"X-Stage": ["beta*"]}
    found = probed(web(conditions={"headers": headers, "queryStrings": query}))

    refuse_unreachable(["portal", "web"], found)

    assert found["web"].url == "https://www.hankooktire.example/?stage=be"
    assert request_headers(found) == {"web": {"X-Stage": "beta"}}


def test_a_service_that_takes_no_request_of_ours_is_refused_with_what_would_change_that() -> None:
    found = probed(web(conditions={"methods": ["POST"]}, probe={"url": URL}))

    with pytest.raises(BadInputError, match="takes only POST, and they are GET") as caught:
        refuse_unreachable(["web"], found)

    assert str(caught.value).endswith(
        "fix:      pulumi config set --path 'failover:services.web.conditions.methods[1]' GET "
        "&& pulumi up"
    )


def test_a_service_for_some_addresses_needs_a_url_that_states_that_ours_is_one() -> None:
    conditions = {"sourceIps": ["10.0.0.0/8"]}

    with pytest.raises(BadInputError, match=r"takes only requests from 10\.0\.0\.0/8") as caught:
        refuse_unreachable(["web"], probed(web(conditions=conditions)))

    assert str(caught.value).endswith(
        "fix:      pulumi config set --path failover:services.web.probe.url "
        "https://www.hankooktire.example/"
    )
    refuse_unreachable(["web"], probed(web(conditions=conditions, probe={"url": URL})))


@pytest.mark.parametrize("login", [{"oidc": OIDC}, {"cognito": COGNITO}])
def test_a_login_is_refused_without_a_session_for_the_requests(login: dict[str, object]) -> None:
    found = probed(web(authenticate=login))

    with pytest.raises(BadInputError, match="web has a login") as caught:
        refuse_unreachable(["portal", "web"], found)

    assert behind_a_login(found) == {"web"}
    assert str(caught.value).endswith(
        "fix:      pulumi config set --secret --path 'failover:services.web.probe.cookie'"
    )


def test_requests_carry_the_session_of_the_config() -> None:
    found = probed(web(authenticate={"oidc": OIDC}, probe={"cookie": "a=b; c=d"}))

    refuse_unreachable(["web"], found)

    assert request_headers(found) == {"web": {"Cookie": "a=b; c=d"}}
    assert "a=b" not in repr(found)


def test_a_login_that_lets_requests_without_a_session_pass_needs_none() -> None:
    found = probed(web(authenticate={"oidc": {**OIDC, "onUnauthenticatedRequest": "allow"}}))

    refuse_unreachable(["web"], found)

    assert behind_a_login(found) == frozenset()
