"""boto3 configured as the stack's provider: region, profile, assumed role, endpoint, files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    AssumeRoleWithWebIdentityCredentialFetcher,
    CredentialProvider,
    DeferredRefreshableCredentials,
)

from live.errors import (
    TRANSIENT,
    AccessDeniedError,
    NoCredentialsError,
    WrongAccountError,
    translated,
)
from live.provider_config import AssumedRole, ProviderConfig

_ACCOUNT_DIGITS = 12
CONNECT_SECONDS = 3
READ_SECONDS = 5
ATTEMPTS = 3
"""Requests for one answer, the first included. Callers retry for longer than that."""


class ProviderSession:
    """Clients of one account and region.

    Credentials of an assumed role are renewed before they expire.
    """

    def __init__(self, config: ProviderConfig, attempts: int = ATTEMPTS) -> None:
        """Resolve the credentials; AWS is not called before the first call of a client.

        Args:
            config: The region, the account and the credentials.
            attempts: Requests for one answer; no more than `ATTEMPTS` before the first answer.

        Raises:
            NoCredentialsError: the profile does not exist.
        """
        self._config = config
        self._retries = Config(
            retries={"mode": "adaptive", "total_max_attempts": attempts},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            region_name=config.region,
        )
        self._unanswered_calls = _UnansweredCalls()
        self._is_account_checked = False
        with translated():
            source = botocore.session.Session(profile=config.profile)
            if config.credentials_file:
                source.set_config_variable("credentials_file", config.credentials_file)
            if config.config_file:
                source.set_config_variable("config_file", config.config_file)
            if config.access_key_id and config.secret_access_key:
                source.set_credentials(
                    config.access_key_id, config.secret_access_key, config.session_token
                )
            for role in config.roles:
                _refuse_without_credentials(source)
                source = session_as(
                    role, source, self._creator(source), partial(_naming_role, role.arn)
                )
            if config.web_identity:
                source = self._by_web_identity(source, config.web_identity)
            self._session = boto3.Session(botocore_session=source, region_name=config.region)

    @property
    def region(self) -> str:
        """The region that is read."""
        return self._session.region_name

    def client(self, service: str) -> Any:
        """A client of `service`, by boto3's name, with adaptive retries.

        Raises:
            LiveError: the credentials are invalid, or of an account that the stack does not allow.
        """
        if not self._is_account_checked:
            self.refuse_wrong_account()
            self._is_account_checked = True
        return self._client(service)

    def refuse_wrong_account(self) -> None:
        """Refuse credentials of an account that the stack does not allow.

        It does not raise if AWS does not answer: the next call does. Source: STS API,
        GetCallerIdentity, which needs no permission; Pulumi AWS provider, `allowedAccountIds`.

        Raises:
            WrongAccountError: the credentials are of another account.
            LiveError: the credentials have expired, or AWS does not know them.
        """
        allowed, forbidden = self._config.allowed_accounts, self._config.forbidden_accounts
        if not allowed and not forbidden:
            return
        try:
            with translated():
                caller = self._client("sts").get_caller_identity()
        except TRANSIENT:
            return
        account = caller["Account"]
        if (allowed and account not in allowed) or account in forbidden:
            raise WrongAccountError(_wrong_account(caller, allowed))

    def _client(self, service: str) -> Any:
        with translated():
            # The stubs have an overload for each service by its literal name.
            session: Any = self._session
            client = session.client(
                service, config=self._retries, endpoint_url=self._config.endpoints.get(service)
            )
        self._unanswered_calls.watch(client)
        return client

    def _creator(self, source: botocore.session.Session) -> Callable[..., Any]:
        def create(service: str, **arguments: Any) -> Any:
            options: dict[str, Any] = {
                "config": self._retries,
                "region_name": self._config.region,
                "endpoint_url": self._config.endpoints.get(service),
                **arguments,
            }
            client = source.create_client(service, **options)
            self._unanswered_calls.watch(client)
            return client

        return create

    def _by_web_identity(
        self, source: botocore.session.Session, identity: Any
    ) -> botocore.session.Session:
        def token() -> str:
            if identity.get("webIdentityToken"):
                return identity["webIdentityToken"]
            return Path(identity["webIdentityTokenFile"]).read_text()

        fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
            client_creator=self._creator(source),
            web_identity_token_loader=token,
            role_arn=identity["roleArn"],
            extra_args={"RoleSessionName": identity.get("sessionName") or "failover"},
        )
        ask = _naming_role(identity["roleArn"], fetcher.fetch_credentials)
        return _with_credentials("assume-role-with-web-identity", ask)


class _UnansweredCalls:
    """Ends botocore's retries if no call has been answered yet.

    An endpoint that never answered does not answer a retry either; one that did answer may throttle
    or be down for a moment.
    """

    def __init__(self) -> None:
        self._has_answered = False
        self._unanswered = 0

    def watch(self, client: Any) -> None:
        client.meta.events.register("response-received", self._received)

    def _received(self, exception: Exception | None = None, **_about: object) -> None:
        if exception is None:
            self._has_answered = True
        elif not self._has_answered:
            self._unanswered += 1
            if self._unanswered >= ATTEMPTS:
                raise exception


def session_as(
    role: AssumedRole,
    source: botocore.session.Session,
    create_client: Callable[..., Any],
    reported: Callable[[Callable[[], Any]], Callable[[], Any]],
) -> botocore.session.Session:
    """A session that acts as `role`, which the credentials of `source` assume.

    The role is assumed when the first call needs it, and again before its credentials expire.

    Args:
        role: As whom.
        source: With whose credentials.
        create_client: Makes the client that asks STS.
        reported: Gives a request for credentials the errors of whoever makes the session.
    """
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=create_client,
        source_credentials=source.get_credentials(),
        role_arn=role.arn,
        extra_args=dict(role.arguments),
    )
    return _with_credentials("assume-role", reported(fetcher.fetch_credentials))


class _Renewed(CredentialProvider):
    """Credentials that are requested when they are needed, and again before they expire."""

    METHOD = "failover"

    def __init__(self, method: str, ask: Callable[[], Any]) -> None:
        super().__init__()
        self._method = method
        self._ask = ask

    def load(self) -> Any:
        return DeferredRefreshableCredentials(refresh_using=self._ask, method=self._method)


def _naming_role(role_arn: str, ask: Callable[[], Any]) -> Callable[[], Any]:
    """`ask`, with the role in its error.

    Raises:
        AccessDeniedError: these credentials may not assume the role, or none may.
    """

    def asked() -> Any:
        try:
            with translated():
                return ask()
        except AccessDeniedError as error:
            raise AccessDeniedError(
                f"the role {role_arn} cannot be assumed: {error} on it, and its trust policy must "
                "name them"
            ) from error

    return asked


def _with_credentials(method: str, ask: Callable[[], Any]) -> botocore.session.Session:
    session = botocore.session.Session()
    session.get_component("credential_provider").providers.insert(0, _Renewed(method, ask))
    return session


def _refuse_without_credentials(source: botocore.session.Session) -> None:
    if source.get_credentials() is None:
        raise NoCredentialsError(
            "no AWS credentials to assume a role with: log in, or name a profile "
            "(AWS_PROFILE, or the stack's aws:profile)"
        )


def _wrong_account(caller: Mapping[str, Any], allowed: Sequence[str]) -> str:
    account = caller["Account"]
    whose = f"these credentials are of account {account} ({caller['Arn']})"
    if not allowed:
        return f"{whose}, which aws:forbiddenAccountIds of the stack names: log in to another one"
    short = [each for each in allowed if len(each) != _ACCOUNT_DIGITS]
    if short:
        return (
            f"{whose}, and aws:allowedAccountIds of the stack has {short[0]}: an account id has "
            f"{_ACCOUNT_DIGITS} digits, and stands in quotes"
        )
    named = " or ".join(allowed)
    return (
        f"{whose}, and this stack is of account {named} (aws:allowedAccountIds): log in to {named}"
        ", or name a profile of it (AWS_PROFILE, or the stack's aws:profile)"
    )


def check_credentials(aws_config: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """The ARN of the identity behind the stack's credentials, which needs no permission.

    Source: STS API, GetCallerIdentity.

    Raises:
        LiveError: the credentials are invalid or of another account, or AWS cannot be reached.
    """
    session = ProviderSession(ProviderConfig.of_stack(aws_config, environ))
    with translated():
        return session.client("sts").get_caller_identity()["Arn"]
