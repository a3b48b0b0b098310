"""The login before a service."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.errors import SettingsError
from rollout.problem import Problem
from settings.load_balancer import ExistingLoadBalancer
from settings.login import CognitoLogin, OidcLogin
from settings.lookup import ListenerFacts, LoadBalancerFacts
from settings.settings import Settings
from tests.configs import (
    COGNITO,
    OIDC,
    OIDC_SECRET,
    TOKEN_KEY,
    Config,
    FakeLookups,
    as_handed_over,
    parsed,
    stack_config,
    surroundings,
)
from tests.fixing import fixed

WEB = "failover:services.web"
SECRET = f"{WEB}.authenticate.oidc.clientSecret"
ASKS_FOR_SECRET = f"pulumi config set --secret --path '{SECRET}'"


def web_with(login: object) -> Config:
    config = stack_config("prod")
    config["failover:services"]["web"]["authenticate"] = login
    return config


def problem_of(config: Config, *secret_keys: str) -> Problem:
    context = surroundings(config, secret_keys=frozenset({TOKEN_KEY, *secret_keys}))
    with pytest.raises(SettingsError) as caught:
        Settings.parse(as_handed_over(config), context)
    assert OIDC_SECRET not in str(caught.value)
    (problem,) = caught.value.problems
    return problem


def oidc(**changed: object) -> Config:
    return web_with({"oidc": {k: v for k, v in {**OIDC, **changed}.items() if v is not None}})


def test_a_service_has_the_login_that_it_names_with_the_defaults_of_aws() -> None:
    portal, web = parsed(oidc(scope="openid email")).services

    assert portal.login is None
    assert web.login is not None
    provider = web.login.provider
    assert isinstance(provider, OidcLogin)
    assert (provider.client_id, provider.client_secret) == ("shop", OIDC_SECRET)
    assert provider.session.scope == "openid email"
    assert provider.session.session_timeout_seconds == 604_800
    assert web.login.asks


def test_a_user_pool_has_no_secret_of_the_client() -> None:
    _, web = parsed(
        web_with({"cognito": {**COGNITO, "onUnauthenticatedRequest": "allow"}})
    ).services

    assert web.login is not None
    assert isinstance(web.login.provider, CognitoLogin)
    assert not web.login.asks


@pytest.mark.parametrize(
    ("changed", "key", "expected"),
    [
        ({"issuer": "http://login.example"}, "issuer", "an https:// URL"),
        ({"authorizationEndpoint": "login.example"}, "authorizationEndpoint", "an https:// URL"),
        ({"tokenEndpoint": "https://"}, "tokenEndpoint", "an https:// URL"),
        ({"userInfoEndpoint": "https://a b"}, "userInfoEndpoint", "an https:// URL"),
        ({"clientId": "my client"}, "clientId", "the id of the client"),
        ({"sessionTimeoutSeconds": 604_801}, "sessionTimeoutSeconds", "from 1 to 604800"),
        ({"sessionTimeoutSeconds": 0}, "sessionTimeoutSeconds", "from 1 to 604800"),
        ({"sessionCookieName": "a cookie"}, "sessionCookieName", "the name of a cookie"),
        ({"scope": " openid"}, "scope", "scopes, with a space between two"),
        (
            {"onUnauthenticatedRequest": "ask"},
            "onUnauthenticatedRequest",
            "authenticate, allow or deny",
        ),
        (
            {"authenticationRequestExtraParams": {str(n): "a" for n in range(11)}},
            "authenticationRequestExtraParams",
            "a map of at most 10 strings",
        ),
        (
            {"authenticationRequestExtraParams": {"a b": "c"}},
            "authenticationRequestExtraParams",
            "a name of ASCII without spaces",
        ),
    ],
)
def test_a_value_of_a_login_that_aws_would_refuse_is_one_problem_that_its_command_fixes(
    changed: dict[str, Any], key: str, expected: str
) -> None:
    config = oidc(**changed)

    problem = problem_of(config, "failover:services")

    assert problem.path == f"{WEB}.authenticate.oidc.{key}"
    assert expected in problem.expected
    assert parsed(fixed(config, problem.fix))


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"userPoolArn": "us-east-1_a"}, "userPoolArn"),
        ({"userPoolClientId": "a-b"}, "userPoolClientId"),
        ({"userPoolDomain": "https://shop"}, "userPoolDomain"),
    ],
)
def test_a_user_pool_that_cannot_be_one_is_one_problem(changed: dict[str, str], key: str) -> None:
    problem = problem_of(web_with({"cognito": {**COGNITO, **changed}}))

    assert problem.path == f"{WEB}.authenticate.cognito.{key}"


def test_an_endpoint_whose_name_looks_like_a_secret_s_is_set_as_plain_text() -> None:
    problem = problem_of(oidc(tokenEndpoint="http://login.example"), "failover:services")

    assert problem.fix.startswith("pulumi config set --plaintext --path ")


def test_a_login_without_the_secret_is_fixed_by_a_command_that_asks_for_it() -> None:
    problem = problem_of(oidc(clientSecret=None))

    assert (problem.path, problem.found) == (SECRET, "not set")
    assert problem.fix == ASKS_FOR_SECRET


def test_a_secret_in_plain_text_is_refused_and_not_shown() -> None:
    problem = problem_of(oidc())

    assert (problem.path, problem.found, problem.fix) == (SECRET, "[secret]", ASKS_FOR_SECRET)
    assert "stands in the stack file as plain text" in problem.expected


@pytest.mark.parametrize("wrong", ["oidcc", "oidc"])
def test_a_secret_beneath_or_beside_a_misspelt_key_is_not_shown(wrong: str) -> None:
    login = {wrong: {**OIDC, "clientSecrett": OIDC_SECRET}} if wrong == "oidc" else {wrong: OIDC}

    context = surroundings(web_with(login), secret_keys=frozenset({TOKEN_KEY}))
    with pytest.raises(SettingsError) as caught:
        Settings.parse(as_handed_over(web_with(login)), context)

    assert OIDC_SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("login", "path", "expected"),
    [
        ({"oidc": OIDC, "cognito": COGNITO}, "authenticate.cognito", "exactly one of oidc and"),
        ({"oidc": {}}, "authenticate.oidc", "exactly one of oidc and cognito"),
        ("yes", "authenticate", "a map: oidc, cognito"),
    ],
)
def test_a_login_is_at_one_provider(login: object, path: str, expected: str) -> None:
    config = web_with(login)

    problem = problem_of(config, "failover:services")

    assert problem.path == f"{WEB}.{path}"
    assert expected in problem.expected
    assert parsed(fixed(config, problem.fix))


def test_a_login_needs_a_listener_of_https() -> None:
    config = oidc()
    balancer, listener = ExistingLoadBalancer.arn.example, ExistingLoadBalancer.listener_arn.example
    config["failover:loadBalancer"] = {
        "arn": balancer,
        "listenerArn": listener,
        "securityGroupId": "sg-0a1b2c3d4e5f60718",
    }
    config["failover:network"] = {
        "vpcId": "vpc-0a1b2c3d4e5f60718",
        "instanceSubnetIds": ["subnet-0a1b2c3d4e5f60713", "subnet-0a1b2c3d4e5f60714"],
    }
    config.pop("failover:accessLogs", None)
    lookups = FakeLookups()
    lookups.load_balancers[balancer] = LoadBalancerFacts(
        balancer,
        "app/shop/1",
        "dns",
        "application",
        "vpc-0a1b2c3d4e5f60718",
        frozenset({"sg-0a1b2c3d4e5f60718"}),
    )
    lookups.listeners[listener] = ListenerFacts(balancer, "HTTP")

    with pytest.raises(SettingsError) as caught:
        parsed(config, lookups)

    (problem,) = caught.value.problems
    assert problem.expected == "an HTTPS listener; this one speaks HTTP"


@pytest.mark.parametrize("cookie", ["a=b", "no cookie", ""])
def test_cookies_of_our_own_requests_are_cookies_and_a_secret(cookie: str) -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["probe"] = {"cookie": cookie or 5}
    key = f"{WEB}.probe.cookie"

    problem = problem_of(config)

    assert (problem.path, problem.found) == (key, "[secret]")
    assert problem.fix == f"pulumi config set --secret --path '{key}'"
