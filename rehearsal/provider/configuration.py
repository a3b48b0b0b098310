"""The provider's own configuration, as a stack sets it under `aws:`.

A key that would change what happens is honoured or refused; a key that only skips checks against
the real AWS is accepted, because there is nothing here that it could skip.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.provider.aws import AwsClients
from rehearsal.provider.errors import ConfigurationError
from rehearsal.provider.roles import Role, role_of
from rehearsal.provider.wire import UNKNOWN

HARMLESS_KEYS = frozenset(
    {
        "accessKey",
        "maxRetries",
        "profile",
        "retryMode",
        "s3UsePathStyle",
        "secretKey",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "token",
        "version",
    }
)
HONOURED_KEYS = frozenset(
    {"allowedAccountIds", "assumeRoles", "defaultTags", "forbiddenAccountIds", "region"}
)


@dataclass(frozen=True, slots=True)
class ProviderConfiguration:
    """What a stack's `aws:` keys say."""

    region: str
    default_tags: Mapping[str, str] = field(default_factory=lambda: dict[str, str]())
    allowed_account_ids: tuple[str, ...] = ()
    forbidden_account_ids: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    """Assumed one after another."""


def configuration_of(
    values: Mapping[str, Any], environ: Mapping[str, str] = os.environ
) -> ProviderConfiguration:
    """The configuration in a `Configure` request; nested values may arrive as JSON texts.

    Raises:
        ConfigurationError: a key that the rehearsal does not support, or no region.
    """
    refused = sorted(values.keys() - HARMLESS_KEYS - HONOURED_KEYS)
    if "assumeRole" in refused:
        # Source: Pulumi AWS provider, migration to 7.x, "Provider role chaining".
        raise ConfigurationError(
            "aws:assumeRole: the provider has it no more since version 7, but a list of roles: "
            "`pulumi config rm aws:assumeRole && "
            "pulumi config set --path 'aws:assumeRoles[0].roleArn' ROLE_ARN`"
        )
    if refused:
        names = ", ".join(f"aws:{name}" for name in refused)
        raise ConfigurationError(
            f"{names}: not supported by the rehearsal; remove it from the stack's configuration"
        )
    region = values.get("region") or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region or region is UNKNOWN:
        raise ConfigurationError("aws:region is not set: `pulumi config set aws:region us-east-1`")
    tags = _nested(values, "defaultTags", {})
    return ProviderConfiguration(
        region=str(region),
        default_tags={str(k): str(v) for k, v in (tags.get("tags") or {}).items()},
        allowed_account_ids=tuple(str(i) for i in _nested(values, "allowedAccountIds", [])),
        forbidden_account_ids=tuple(str(i) for i in _nested(values, "forbiddenAccountIds", [])),
        roles=tuple(role_of(each) for each in _nested(values, "assumeRoles", []) if each),
    )


def _nested(values: Mapping[str, Any], name: str, empty: Any) -> Any:
    value = values.get(name)
    if value is None or value is UNKNOWN:
        return empty
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ConfigurationError(f"aws:{name}: expected JSON, got {value!r}: {error}") from error


def check_account(configuration: ProviderConfiguration, aws: AwsClients) -> None:
    """Refuse to act on an account that the stack does not name, or as a role that nobody may be.

    Raises:
        ConfigurationError: the credentials' account is not allowed, or a role cannot be assumed.
    """
    allowed, forbidden = configuration.allowed_account_ids, configuration.forbidden_account_ids
    if not allowed and not forbidden and not configuration.roles:
        return
    if (allowed and aws.account_id not in allowed) or aws.account_id in forbidden:
        rule = f"aws:allowedAccountIds {list(allowed)}, aws:forbiddenAccountIds {list(forbidden)}"
        raise ConfigurationError(
            f"AWS account ID not allowed: {aws.account_id} at {aws.endpoint} ({rule})"
        )
