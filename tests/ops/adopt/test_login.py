"""The login of an existing rule, and the secrets that an adoption of it asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ops.adopt.adoption import actions_of
from ops.adopt.answers import TakeDefaults
from ops.adopt.config_check import FoundLookups, problems
from ops.adopt.config_merge import Config
from ops.adopt.login import LoginSecrets, as_config, read_secrets, with_held_secrets
from ops.adopt.proposal import proposed
from ops.errors import InputError
from ops.inspect.document import Action
from tests.configs import COGNITO, OIDC
from tests.ops.adopt.test_proposal import ANSWERS, FIRST, ZONES
from tests.ops.balancers import PORTAL, WEB, forward, inspection, listener, rule

IN_AWS = {
    **{k[0].upper() + k[1:]: v for k, v in OIDC.items() if k != "clientSecret"},
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "Scope": "openid email",
    "SessionTimeout": 604_800,
    "OnUnauthenticatedRequest": "authenticate",
    "AuthenticationRequestExtraParams": {"prompt": "login"},
}
LOGIN = Action("authenticate-oidc", config=IN_AWS)
WITHOUT_SECRET = {name: value for name, value in OIDC.items() if name != "clientSecret"}
HELD = {"secure": "v1:cipher"}


def services_with(login: object, **probe: object) -> Config:
    web: dict[str, Any] = {"authenticate": login} if login else {}
    return {"failover:services": {"web": web | ({"probe": probe} if probe else {})}}


def secrets_of(config: Config, *, ask: Any = None, **given: dict[str, str]) -> LoginSecrets:
    return read_secrets(
        config,
        given.get("client_secrets", {}),
        given.get("cookies", {}),
        {"SECRET": "s3cret", "SESSION": "a=b"},
        ask or TakeDefaults(),
    )


def test_a_login_has_the_keys_that_differ_from_the_defaults_and_no_secret() -> None:
    assert as_config(LOGIN) == {
        "oidc": {
            **WITHOUT_SECRET,
            "scope": "openid email",
            "authenticationRequestExtraParams": {"prompt": "login"},
        }
    }


def test_a_user_pool_is_taken_over() -> None:
    found = {k[0].upper() + k[1:]: v for k, v in COGNITO.items()}

    assert as_config(Action("authenticate-cognito", config=found)) == {"cognito": COGNITO}


def test_the_program_takes_the_config_of_a_rule_with_a_login_before_its_secret_is_known() -> None:
    web = rule(20, WEB, "/*", actions=(LOGIN, forward((WEB, 1))))
    shop = inspection(listeners=(listener(rule(10, PORTAL, "/portal"), web),))

    config = proposed(shop, ANSWERS, FIRST).config

    assert config["failover:services"]["web"]["authenticate"] == as_config(LOGIN)
    assert problems(config, "prod", {}, FoundLookups(shop, ZONES)) == ()


def test_a_secret_of_the_stack_file_is_kept_and_not_asked_for_again() -> None:
    config = services_with({"oidc": WITHOUT_SECRET})
    file = services_with({"oidc": {"clientSecret": HELD}}, cookie=HELD)

    merged = with_held_secrets(config, file)

    expected = {"oidc": {**WITHOUT_SECRET, "clientSecret": HELD}}
    assert merged == services_with(expected, cookie=HELD)
    assert secrets_of(merged) == LoginSecrets()


def test_a_secret_comes_from_a_variable_and_is_in_no_repr() -> None:
    config = services_with({"oidc": WITHOUT_SECRET})

    found = secrets_of(config, client_secrets={"web": "SECRET"}, cookies={"web": "SESSION"})

    assert dict(found.paths()) == {
        ("failover:services", "web", "authenticate", "oidc", "clientSecret"): "s3cret",
        ("failover:services", "web", "probe", "cookie"): "a=b",
    }
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("login", "given", "why"),
    [
        ({"oidc": {"issuer": "a"}}, {}, "AWS does not show: pass --client-secret-from web=VAR"),
        ({"oidc": {"issuer": "a"}}, {"client_secrets": {"web": "NONE"}}, "NONE is not set"),
        ({"cognito": {}}, {"client_secrets": {"web": "SECRET"}}, "no authenticate-oidc action"),
        (None, {"cookies": {"portal": "SESSION"}}, "--cookie-from portal: no such service"),
    ],
)
def test_a_secret_that_is_not_there_is_refused(
    login: object, given: dict[str, dict[str, str]], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        secrets_of(services_with(login), **given)


def test_a_rule_that_is_put_back_keeps_the_secret_that_it_has() -> None:
    web = rule(20, WEB, "/*", actions=(LOGIN, forward((WEB, 1))))

    login, then = actions_of(web)

    assert login == {
        "Type": "authenticate-oidc",
        "Order": 1,
        "AuthenticateOidcConfig": {**IN_AWS, "UseExistingClientSecret": True},
    }
    assert (then["Type"], then["Order"]) == ("forward", 2)
    assert len(actions_of(replace(web, actions=(forward((WEB, 1)),)))) == 1
