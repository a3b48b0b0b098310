"""The login of an existing rule as the config of a service has it, and the secrets that go with it.

AWS never shows the secret of a login's client, and the program has to set it with the first update.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ops.adopt.answers import Ask
from ops.adopt.config_merge import SERVICES, Config, KeyPath
from ops.errors import InputError
from ops.inspect.document import Action, RuleReport
from rollout.json_value import map_of
from settings.declaration.key import Key
from settings.login import CognitoLogin, LoginSession, OidcLogin, ServiceLogin
from settings.probe import ProbeSettings
from settings.service import ServiceSettings

SECRET_FLAG = "--client-secret-from"
COOKIE_FLAG = "--cookie-from"

_OIDC = {
    "Issuer": OidcLogin.issuer,
    "AuthorizationEndpoint": OidcLogin.authorization_endpoint,
    "TokenEndpoint": OidcLogin.token_endpoint,
    "UserInfoEndpoint": OidcLogin.user_info_endpoint,
    "ClientId": OidcLogin.client_id,
}
_COGNITO = {
    "UserPoolArn": CognitoLogin.user_pool_arn,
    "UserPoolClientId": CognitoLogin.user_pool_client_id,
    "UserPoolDomain": CognitoLogin.user_pool_domain,
}
_SESSION = {
    "SessionCookieName": LoginSession.session_cookie_name,
    "Scope": LoginSession.scope,
    "SessionTimeout": LoginSession.session_timeout_seconds,
    "OnUnauthenticatedRequest": LoginSession.on_unauthenticated_request,
    "AuthenticationRequestExtraParams": LoginSession.extra_parameters,
}
_KINDS: Mapping[str, tuple[str, Mapping[str, Key[Any]]]] = {
    "authenticate-oidc": (ServiceLogin.oidc.name, _OIDC),
    "authenticate-cognito": (ServiceLogin.cognito.name, _COGNITO),
}
_AT_OIDC = (ServiceSettings.login.name, ServiceLogin.oidc.name)
SECRET_PATH = (*_AT_OIDC, OidcLogin.client_secret.name)
"""Where a service has the secret of its client."""
COOKIE_PATH = (ServiceSettings.probe.name, ProbeSettings.cookie.name)


def as_config(login: Action) -> Config:
    """The config of a login, without the secret of its client and without AWS's own defaults."""
    found = login.config or {}
    name, keys = _KINDS[login.kind]
    values = {key.name: found[aws] for aws, key in keys.items() if found.get(aws)}
    values |= {
        key.name: _plain(found[aws])
        for aws, key in _SESSION.items()
        if found.get(aws) not in (None, "", {}) and _plain(found[aws]) != key.default
    }
    return {name: values}


def _plain(value: Any) -> Any:
    """AWS has numbers of JSON, which a stub may have as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def asks(rule: RuleReport) -> bool:
    """Whether the rule answers a request without a session itself."""
    login = rule.login
    way = (login.config or {}).get("OnUnauthenticatedRequest") if login is not None else "allow"
    return way != "allow"


@dataclass(frozen=True, slots=True)
class LoginSecrets:
    """What the config of an adoption holds encrypted, by service."""

    client_secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """The cookies of a session that our requests carry."""

    def paths(self) -> Iterator[tuple[KeyPath, str]]:
        """Each secret with the path of its key."""
        for path, held in ((SECRET_PATH, self.client_secrets), (COOKIE_PATH, self.cookies)):
            for service, text in held.items():
                yield (SERVICES, service, *path), text


def with_held_secrets(proposal: Config, config: Config) -> Config:
    """The proposal with the secrets that the stack file has for its services already."""
    services: Config = dict(proposal[SERVICES])
    for name, service in services.items():
        held = map_of(map_of(config.get(SERVICES)).get(name))
        for path in (SECRET_PATH, COOKIE_PATH):
            secret = _at(held, path)
            if secret is not None and (path == COOKIE_PATH or _at(service, path[:-1])):
                services[name] = service = _with(service, path, secret)
    return {**proposal, SERVICES: services}


def read_secrets(
    proposal: Config,
    client_secrets: Mapping[str, str],
    cookies: Mapping[str, str],
    environ: Mapping[str, str],
    ask: Ask,
    known: Mapping[str, str] = MappingProxyType({}),
) -> LoginSecrets:
    """The secrets that the stack file does not have yet.

    Args:
        proposal: With the secrets that it has.
        client_secrets: Service to the variable that has the secret of its client.
        cookies: Service to the variable that has the cookies of a session.
        environ: The variables.
        ask: Asks for a secret of a client that no variable has.
        known: The secrets that were asked for before.

    Raises:
        InputError: a variable is not set, a service has no such login, or nothing is known.
    """
    services: Mapping[str, Any] = proposal[SERVICES]
    for flag, given in ((SECRET_FLAG, client_secrets), (COOKIE_FLAG, cookies)):
        for name in given:
            if name not in services:
                raise InputError(f"{flag} {name}: no such service of this adoption")
    found = {n: _variable(SECRET_FLAG, n, v, environ) for n, v in client_secrets.items()}
    without = [n for n in found if not _at(services[n], _AT_OIDC)]
    if without:
        raise InputError(f"{SECRET_FLAG} {without[0]}: its rule has no authenticate-oidc action")
    for name, service in services.items():
        if _at(service, _AT_OIDC) and not _at(service, SECRET_PATH) and name not in found:
            found[name] = known.get(name) or asked_secret(name, ask)
    return LoginSecrets(
        found, {n: _variable(COOKIE_FLAG, n, v, environ) for n, v in cookies.items()}
    )


def asked_secret(service: str, ask: Ask) -> str:
    """The secret of the client of a service's login, from a person.

    Raises:
        InputError: no person is asked.
    """
    return ask.secret(
        f"The client secret of the login of {service}, which AWS does not show",
        f"{SECRET_FLAG} {service}=VARIABLE, the name of a variable that has it",
    )


def secret_of_new_rule(
    service: str, variables: Mapping[str, str], environ: Mapping[str, str], ask: Ask
) -> str:
    """The secret that a new rule with a login needs, from a variable or a person.

    Raises:
        InputError: neither has it.
    """
    if service in variables:
        return _variable(SECRET_FLAG, service, variables[service], environ)
    return asked_secret(service, ask)


def _variable(flag: str, service: str, name: str, environ: Mapping[str, str]) -> str:
    if not environ.get(name):
        raise InputError(f"{flag} {service}={name}: the variable {name} is not set")
    return environ[name]


def _at(value: Any, path: KeyPath) -> Any:
    for name in path:
        value = map_of(value).get(name)
    return value


def _with(value: Mapping[str, Any], path: KeyPath, leaf: Any) -> Config:
    name, *rest = path
    return {**value, name: _with(map_of(value.get(name)), tuple(rest), leaf) if rest else leaf}
