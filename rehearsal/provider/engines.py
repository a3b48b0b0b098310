"""The engines that are attached, each with its own configuration, as a stack sets it under `aws:`.

A key that would change what happens is honoured or refused; a key that only skips checks against
the real AWS is accepted, because there is nothing here that it could skip.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from live.errors import ProviderConfigError
from live.provider_config import AssumedRole, assumed_roles
from rehearsal.provider.aws import AwsClients
from rehearsal.provider.call import ProviderCall
from rehearsal.provider.errors import ConfigurationError
from rehearsal.provider.wire import UNKNOWN
from rollout.json_value import map_of

log = logging.getLogger("rehearsal.provider")

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
ROLE_MEMBERS = frozenset(
    {
        "duration",
        "externalId",
        "policy",
        "policyArns",
        "roleArn",
        "sessionName",
        "sourceIdentity",
        "tags",
        "transitiveTagKeys",
    }
)
"""Of an entry of `assumeRoles`. Source: Pulumi AWS provider 7, ProviderAssumeRole."""


@dataclass(frozen=True, slots=True)
class ProviderConfiguration:
    """A stack's `aws:` keys."""

    region: str
    default_tags: Mapping[str, str] = field(default_factory=lambda: dict[str, str]())
    allowed_account_ids: tuple[str, ...] = ()
    forbidden_account_ids: tuple[str, ...] = ()
    roles: tuple[AssumedRole, ...] = ()
    """Assumed one after another."""


def configuration_of(
    values: Mapping[str, Any], environ: Mapping[str, str] = os.environ
) -> ProviderConfiguration:
    """The configuration in a `Configure` request; nested values may arrive as JSON texts.

    Raises:
        ConfigurationError: a key that the rehearsal does not support, or no region.
    """
    roles = _roles(values)
    refused = sorted(values.keys() - HARMLESS_KEYS - HONOURED_KEYS)
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
        default_tags={str(k): str(v) for k, v in map_of(tags.get("tags")).items()},
        allowed_account_ids=tuple(str(i) for i in _nested(values, "allowedAccountIds", [])),
        forbidden_account_ids=tuple(str(i) for i in _nested(values, "forbiddenAccountIds", [])),
        roles=roles,
    )


def _roles(values: Mapping[str, Any]) -> tuple[AssumedRole, ...]:
    entries = _nested(values, "assumeRoles", [])
    for entry in entries:
        unknown = sorted(map_of(entry).keys() - ROLE_MEMBERS)  # what is not a map is refused below
        if unknown:
            raise ConfigurationError(
                f"aws:assumeRoles: an entry has {', '.join(unknown)}; it may have "
                f"{', '.join(sorted(ROLE_MEMBERS))}"
            )
    texts = {"assumeRoles": json.dumps(entries)}
    if values.get("assumeRole"):
        texts["assumeRole"] = json.dumps(_nested(values, "assumeRole", {}))
    try:
        return assumed_roles(texts)
    except ProviderConfigError as error:
        raise ConfigurationError(str(error)) from error


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
    """Refuse an account that the stack does not allow, and a role that cannot be assumed.

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


@dataclass(slots=True)
class AttachedEngine:
    """One attached engine, identified by its connection."""

    configuration: ProviderConfiguration
    aws: AwsClients
    stopped: threading.Event = field(default_factory=threading.Event)

    def call(self, context: Any, timeout_seconds: float = 0.0) -> ProviderCall:
        """The call that this request is; its waits end with the engine or its connection."""
        call = ProviderCall(
            self.aws,
            engine=self.stopped,
            timeout_seconds=timeout_seconds,
        )
        context.add_callback(call.ended.set)
        return call


class Engines:
    """Engines by connection, and the clients they share."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._regions: dict[str, AwsClients] = {}
        self._by_peer: dict[str, AttachedEngine] = {}
        self._latest: AttachedEngine | None = None

    def configure(self, peer: str, configuration: ProviderConfiguration) -> AttachedEngine:
        """Take an engine on.

        Raises:
            ConfigurationError: a role cannot be assumed, or the account is not one that the stack
                allows.
        """
        aws = self._aws(configuration)
        check_account(configuration, aws)
        with self._lock:
            engine = AttachedEngine(configuration, aws)
            self._by_peer[peer] = self._latest = engine
        log.info("%s attached, region %s", peer, configuration.region)
        return engine

    def _aws(self, configuration: ProviderConfiguration) -> AwsClients:
        """The clients of the region; an engine that acts as a role has its own."""
        region, roles = configuration.region, configuration.roles
        if roles:
            return AwsClients(region, self._endpoint, roles)
        with self._lock:
            if region not in self._regions:
                self._regions[region] = AwsClients(region, self._endpoint)
            return self._regions[region]

    def of(self, peer: str) -> AttachedEngine:
        """The engine behind a connection; a reconnected one is the latest that was configured.

        Raises:
            ConfigurationError: none was configured.
        """
        with self._lock:
            engine = self._by_peer.get(peer) or self._latest
        if engine is None:
            raise ConfigurationError("the provider is not configured: no engine sent Configure")
        return engine

    def stop(self, peer: str) -> AttachedEngine | None:
        """End the waits of an engine that leaves or was interrupted; it is not known any more."""
        with self._lock:
            engine = self._by_peer.pop(peer, None)
        if engine is not None:
            log.info("%s left", peer)
            engine.stopped.set()
        return engine
