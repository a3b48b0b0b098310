"""Actions that ask a user to log in before the action that answers: what AWS takes and shows.

Source: ELBv2 API Reference, `AuthenticateOidcActionConfig` and `AuthenticateCognitoActionConfig`;
ELB user guide, "Authenticate users using an Application Load Balancer".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.elbv2.exceptions import InvalidLoadBalancerActionException, ValidationError

from rollout.json_value import map_of

CONFIG_OF = {
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
}
_NEEDED = {
    "authenticate-oidc": (
        "Issuer",
        "AuthorizationEndpoint",
        "TokenEndpoint",
        "UserInfoEndpoint",
        "ClientId",
    ),
    "authenticate-cognito": ("UserPoolArn", "UserPoolClientId", "UserPoolDomain"),
}
_ENDPOINTS = ("AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint")
_DEFAULTS = {
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "Scope": "openid",
    "SessionTimeout": 604_800,
    "OnUnauthenticatedRequest": "authenticate",
}
_NEVER_SHOWN = frozenset({"ClientSecret", "UseExistingClientSecret"})


def in_order(actions: Sequence[dict[str, Any]], protocol: str) -> list[dict[str, Any]]:
    """Several actions in the order in which they are done: at most one login, then the answer.

    Args:
        actions: As the request has them; there is at least one.
        protocol: Of the listener.

    Raises:
        ValidationError: AWS refuses them.
    """
    logins = [action for action in actions if action.get("Type") in CONFIG_OF]
    if len(actions) - len(logins) != 1 or len(logins) > 1:
        raise InvalidLoadBalancerActionException(
            "Exactly one forward, redirect or fixed-response action must be specified, and at most "
            "one authenticate action before it"
        )
    if not logins:
        return list(actions)
    if protocol != "HTTPS":
        raise InvalidLoadBalancerActionException(
            "Authenticate actions can only be specified for HTTPS listeners"
        )
    if any(action.get("Order") is None for action in actions):
        raise ValidationError("An order must be specified for each of several actions")
    ordered = sorted(actions, key=lambda action: int(action["Order"]))
    if len({int(action["Order"]) for action in actions}) < len(actions):
        raise ValidationError("The order of each action must be unique")
    if ordered[-1] is logins[0]:
        raise InvalidLoadBalancerActionException(
            "The last action must be a forward, redirect or fixed-response action"
        )
    return ordered


def checked_login(action: Mapping[str, Any]) -> dict[str, Any]:
    """A login as AWS shows it: with its defaults, and without the client's secret.

    Raises:
        ValidationError: AWS refuses it.
    """
    kind = str(action["Type"])
    config = map_of(action.get(CONFIG_OF[kind]))
    missing = [name for name in _NEEDED[kind] if not config.get(name)]
    if kind == "authenticate-oidc" and not _has_secret(config):
        missing.append("ClientSecret")
    if missing:
        raise ValidationError(f"{CONFIG_OF[kind]} must have {', '.join(missing)}")
    for name in _ENDPOINTS:
        if name in config and not str(config[name]).startswith("https://"):
            raise ValidationError(f"The {name} '{config[name]}' must be an HTTPS URL")
    kept = {**_DEFAULTS, **{k: v for k, v in config.items() if k not in _NEVER_SHOWN}}
    return {**action, CONFIG_OF[kind]: kept}


def _has_secret(config: Mapping[str, Any]) -> bool:
    keeps = str(config.get("UseExistingClientSecret", "")).lower() == "true"
    return keeps or bool(config.get("ClientSecret"))
