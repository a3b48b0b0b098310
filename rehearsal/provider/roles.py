"""The roles that a stack has its provider assume, one after another.

Source: Pulumi AWS provider 7, `assumeRoles`; STS API, AssumeRole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.session
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import ClientError

from rehearsal.provider.errors import ConfigurationError, described

_UNIT_SECONDS = {"h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(\d+[hms])+")
_AS_THEY_ARE = {
    "externalId": "ExternalId",
    "policy": "Policy",
    "sourceIdentity": "SourceIdentity",
    "transitiveTagKeys": "TransitiveTagKeys",
}
_MEMBERS = {*_AS_THEY_ARE, "roleArn", "sessionName", "duration", "policyArns", "tags"}


@dataclass(frozen=True, slots=True)
class Role:
    """A role to act as."""

    arn: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The other arguments of AssumeRole, by STS's names."""


def role_of(entry: Mapping[str, Any]) -> Role:
    """The role in an entry of `aws:assumeRoles`.

    Raises:
        ConfigurationError: it names no role, or has a member that no role has.
    """
    unknown = sorted(entry.keys() - _MEMBERS)
    if unknown or not entry.get("roleArn"):
        wrong = f"has {', '.join(unknown)}" if unknown else "has no roleArn"
        raise ConfigurationError(
            f"aws:assumeRoles: an entry {wrong}; it may have {', '.join(sorted(_MEMBERS))}: "
            "`pulumi config set --path 'aws:assumeRoles[0].roleArn' ROLE_ARN`"
        )
    arguments = {theirs: entry[ours] for ours, theirs in _AS_THEY_ARE.items() if entry.get(ours)}
    arguments["RoleSessionName"] = entry.get("sessionName") or "rehearsal"
    if entry.get("policyArns"):
        arguments["PolicyArns"] = [{"arn": arn} for arn in entry["policyArns"]]
    if entry.get("tags"):
        arguments["Tags"] = [{"Key": key, "Value": tag} for key, tag in entry["tags"].items()]
    if entry.get("duration"):
        arguments["DurationSeconds"] = _seconds(str(entry["duration"]))
    return Role(str(entry["roleArn"]), arguments)


def _seconds(duration: str) -> int:
    if _DURATION.fullmatch(duration) is None:
        raise ConfigurationError(f"aws:assumeRoles: the duration {duration!r}; expected 1h30m")
    parts = re.findall(r"(\d+)([hms])", duration)
    return sum(int(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def session_as(roles: Sequence[Role], access_key: str, region: str, endpoint: str) -> boto3.Session:
    """A session that acts as the last of `roles`; with none, as `access_key`.

    Roles are assumed when the first call needs them, and again before their session expires.
    """
    session = botocore.session.Session()
    session.set_credentials(access_key, access_key)
    for role in roles:
        session = _assumed(role, session, region, endpoint)
    return boto3.Session(botocore_session=session, region_name=region)


class _Assumed(CredentialProvider):
    """Credentials that are asked for as they are needed."""

    METHOD = "assumed"

    def __init__(self, role: Role, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._role = role
        self._fetcher = fetcher

    def load(self) -> Any:
        return DeferredRefreshableCredentials(self._ask, "assume-role")

    def _ask(self) -> Any:
        try:
            return self._fetcher.fetch_credentials()
        except ClientError as error:
            raise ConfigurationError(
                f"IAM Role ({self._role.arn}) cannot be assumed: {described(error)}: the "
                "credentials need sts:AssumeRole on it, and its trust policy must name them"
            ) from error


def _assumed(
    role: Role, source: botocore.session.Session, region: str, endpoint: str
) -> botocore.session.Session:
    def client(service: str, **arguments: Any) -> Any:
        options: dict[str, Any] = {"region_name": region, "endpoint_url": endpoint, **arguments}
        return source.create_client(service, **options)

    fetcher = AssumeRoleCredentialFetcher(
        client_creator=client,
        source_credentials=source.get_credentials(),
        role_arn=role.arn,
        extra_args=dict(role.arguments),
    )
    session = botocore.session.Session()
    session.get_component("credential_provider").providers.insert(0, _Assumed(role, fetcher))
    return session
