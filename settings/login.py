"""The login before a service: what the load balancer asks of a request before it forwards it.

Source: ELB user guide, "Authenticate users using an Application Load Balancer"; ELBv2 API,
`AuthenticateOidcActionConfig` and `AuthenticateCognitoActionConfig`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from settings.conditions import PatternText
from settings.declaration import command
from settings.declaration.key import (
    ConfigMap,
    Key,
    KeyGroup,
    KeysBeside,
    key,
    required,
)
from settings.declaration.kind import (
    Flag,
    HiddenSecretText,
    Json,
    JsonSchema,
    RefusedValueError,
    Text,
    ValueProblem,
    WholeNumber,
    arn_of,
)
from settings.declaration.landing import OF_SERVICE, RULE, Landing
from settings.declaration.section import Section

_MOST_PARAMETERS = 10
_LONGEST_SESSION_SECONDS = 604_800
ASK = "authenticate"
"""What is done with a request without a session, unless the config sets another way."""

_PARAMETER_NAME = Text(r"[!-~]{1,128}", "a name of ASCII without spaces, such as prompt")
_PARAMETER_VALUE = PatternText(r"[ -~]{0,256}", "a value of at most 256 characters of ASCII")


@dataclass(frozen=True, slots=True)
class ParameterMap:
    """The kind of query parameters that the login page gets."""

    name: str = "map of strings"
    expected: str = f"a map of at most {_MOST_PARAMETERS} strings, such as {{prompt: login}}"

    @property
    def json_schema(self) -> JsonSchema:
        """A map of strings."""
        return {
            "type": "object",
            "propertyNames": _PARAMETER_NAME.json_schema,
            "additionalProperties": _PARAMETER_VALUE.json_schema,
            "maxProperties": _MOST_PARAMETERS,
            "errorMessage": f"Expected: {self.expected}",
        }

    def read(self, value: Json) -> Mapping[str, str]:
        """The parameters; every name and value that is refused is a problem."""
        if not isinstance(value, dict) or len(value) > _MOST_PARAMETERS:
            raise RefusedValueError(ValueProblem(value, self.expected))
        found: dict[str, str] = {}
        problems: list[ValueProblem] = []
        for name, text in value.items():
            try:
                found[_PARAMETER_NAME.read(name)] = _PARAMETER_VALUE.read(text)
            except RefusedValueError as refusal:
                problems.append(ValueProblem({name: text}, refusal.problems[0].expected))
        if problems:
            raise RefusedValueError(*problems)
        return MappingProxyType(found)


def _lands(name: str) -> Landing:
    return Landing(RULE, f"actions[*].{name}", "its preview rules too", name=OF_SERVICE)


_URL = Text(r"https://[!-~]{1,1000}", "an https:// URL, such as https://login.example/authorize")

_NO_PARAMETERS: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class LoginSession(ConfigMap):
    """What both kinds of login have in common: the session, and requests without one."""

    session_cookie_name: Key[str] = key(
        "AWSELBAuthSessionCookie",
        Text(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}", "the name of a cookie"),
        "The beginning of the name of the session's cookies.",
    )
    scope: Key[str] = key(
        "openid",
        Text(r"[!-~]+( [!-~]+)*", "scopes, with a space between two, such as openid email"),
        "The claims that are asked for.",
    )
    session_timeout_seconds: Key[int] = key(
        _LONGEST_SESSION_SECONDS,
        WholeNumber(1, _LONGEST_SESSION_SECONDS),
        "How long a session lasts.",
    )
    on_unauthenticated_request: Key[str] = key(
        ASK,
        Text("authenticate|allow|deny", "authenticate, allow or deny"),
        "What happens to a request without a session: `authenticate` redirects it to the login "
        "page, `deny` answers 401, and `allow` forwards it as it is.",
    )
    extra_parameters: Key[Mapping[str, str]] = key(
        _NO_PARAMETERS,
        ParameterMap(),
        "Query parameters of the redirect to the login page.",
        example={"prompt": "login"},
        name="authenticationRequestExtraParams",
    )


@dataclass(frozen=True, kw_only=True)
class OidcLogin(ConfigMap):
    """A login at an OpenID Connect provider."""

    issuer: Key[str] = required(
        "https://login.example",
        _URL,
        "The issuer, as its tokens name it.",
        lands=_lands("authenticateOidc.issuer"),
    )
    authorization_endpoint: Key[str] = required(
        "https://login.example/authorize",
        _URL,
        "The login page.",
        lands=_lands("authenticateOidc.authorizationEndpoint"),
    )
    token_endpoint: Key[str] = required(
        "https://login.example/token",
        _URL,
        "Where the load balancer gets a token for a code.",
        lands=_lands("authenticateOidc.tokenEndpoint"),
    )
    user_info_endpoint: Key[str] = required(
        "https://login.example/userinfo",
        _URL,
        "Where the load balancer gets the user's claims.",
        lands=_lands("authenticateOidc.userInfoEndpoint"),
    )
    client_id: Key[str] = required(
        "shop",
        Text(r"[!-~]{1,1000}", "the id of the client at the provider"),
        "The id of the client at the provider.",
        offer="CLIENT_ID",
        lands=_lands("authenticateOidc.clientId"),
    )
    client_secret: Key[str] = field(
        default=required(
            "client-secret",
            HiddenSecretText(
                r"[ -~]{1,1000}", "the secret of the client, as a secret of the stack"
            ),
            "The secret of the client. Always a secret of the stack.",
        ),
        repr=False,
    )
    session: KeysBeside[LoginSession] = KeysBeside(LoginSession)

    def reject_inconsistent(self, section: Section) -> None:
        """Record a secret that stands in the stack file for all to read."""
        section.reject_plain(OidcLogin.client_secret)


@dataclass(frozen=True, kw_only=True)
class CognitoLogin(ConfigMap):
    """A login at a user pool of Amazon Cognito."""

    user_pool_arn: Key[str] = required(
        "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_a1B2c3D4e",
        arn_of("cognito-idp", r"userpool/[A-Za-z0-9_-]+", "a user pool"),
        "The user pool.",
        offer="USER_POOL_ARN",
        lands=_lands("authenticateCognito.userPoolArn"),
    )
    user_pool_client_id: Key[str] = required(
        "1a2b3c4d5e6f7g8h9i0j1k2l3m",
        Text(r"[A-Za-z0-9_+]{1,128}", "the id of a client of the user pool"),
        "The client of the user pool. It must have a secret.",
        offer="USER_POOL_CLIENT_ID",
        lands=_lands("authenticateCognito.userPoolClientId"),
    )
    user_pool_domain: Key[str] = required(
        "shop-login",
        Text(r"[a-z0-9.-]{1,128}", "the domain prefix or the whole domain of the user pool"),
        "The domain of the user pool: its prefix, or a domain of your own.",
        offer="USER_POOL_DOMAIN",
        lands=_lands("authenticateCognito.userPoolDomain"),
    )
    session: KeysBeside[LoginSession] = KeysBeside(LoginSession)


@dataclass(frozen=True, kw_only=True)
class ServiceLogin(ConfigMap):
    """The login of a service: at one provider, or at the other kind of provider."""

    oidc: KeyGroup[OidcLogin | None] = KeyGroup(
        "At an OpenID Connect provider.", OidcLogin, is_optional=True
    )
    cognito: KeyGroup[CognitoLogin | None] = KeyGroup(
        "At a user pool of Amazon Cognito.", CognitoLogin, is_optional=True
    )

    @property
    def provider(self) -> OidcLogin | CognitoLogin | None:
        """The one that is set."""
        return self.oidc or self.cognito

    @property
    def asks(self) -> bool:
        """Whether a request without a session does not reach the service."""
        return self.provider is not None and (
            self.provider.session.on_unauthenticated_request != "allow"
        )

    def reject_inconsistent(self, section: Section) -> None:
        """Record two logins, or none."""
        if not section.is_sound(ServiceLogin.oidc, ServiceLogin.cognito):
            return
        expected = "exactly one of oidc and cognito"
        if section.has(ServiceLogin.oidc) and section.has(ServiceLogin.cognito):
            section.reject(ServiceLogin.cognito, f"{expected}; both are here")
        elif not section.has(ServiceLogin.oidc) and not section.has(ServiceLogin.cognito):
            section.reject(ServiceLogin.oidc, expected, command.removing(section.path))


@dataclass(frozen=True, kw_only=True)
class PreviewSettings(ConfigMap):
    """How the preview rules differ from the rules of their services."""

    skip_login: Key[bool] = key(
        False,
        Flag(),
        "Whether preview rules forward without the login of their service. Whoever has the "
        "preview header then reaches a slot without a session.",
        example=True,
    )
