"""The region, the account and the credentials of the stack's AWS provider."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from live.errors import ProviderConfigError
from rollout.command import Command, config_remove, config_set
from rollout.json_value import is_list, is_map, map_of
from rollout.problem import laid_out


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """A role to act as. Source: Pulumi AWS provider, `assumeRoles`; STS API, AssumeRole."""

    arn: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """More arguments of AssumeRole, by STS's names."""


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """The config that decides which AWS is called, and with which credentials."""

    region: str | None = None
    profile: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    roles: tuple[AssumedRole, ...] = ()
    """Assumed one after another, each with the credentials of the one before."""
    web_identity: Mapping[str, Any] | None = None
    """`assumeRoleWithWebIdentity`, by the provider's names."""
    endpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service, by boto3's name, -> address."""
    credentials_file: str | None = None
    config_file: str | None = None
    allowed_accounts: tuple[str, ...] = ()
    """The accounts that the provider may act in; empty for any."""
    forbidden_accounts: tuple[str, ...] = ()

    @classmethod
    def of_stack(cls, aws_config: Mapping[str, str], environ: Mapping[str, str]) -> ProviderConfig:
        """Read the stack's `aws:` config, by bare names, lists and maps as JSON.

        The region falls back to `AWS_REGION`, which the provider reads and boto3 does not; boto3
        reads all other variables as the provider does. Source: Pulumi AWS provider,
        "Configuration".

        Raises:
            ProviderConfigError: something in it is not supported here.
        """
        region = aws_config.get("region") or environ.get("AWS_REGION")
        return cls(
            region=region or environ.get("AWS_DEFAULT_REGION"),
            profile=aws_config.get("profile"),
            access_key_id=aws_config.get("accessKey"),
            secret_access_key=aws_config.get("secretKey"),
            session_token=aws_config.get("token"),
            roles=assumed_roles(aws_config),
            web_identity=_decoded(aws_config, "assumeRoleWithWebIdentity"),
            endpoints=_endpoints(_decoded(aws_config, "endpoints")),
            credentials_file=_only(aws_config, "sharedCredentialsFiles"),
            config_file=_only(aws_config, "sharedConfigFiles"),
            allowed_accounts=_accounts(aws_config, "allowedAccountIds"),
            forbidden_accounts=_accounts(aws_config, "forbiddenAccountIds"),
        )


def _decoded(aws_config: Mapping[str, str], key: str) -> Any:
    text = aws_config.get(key)
    if not text:
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ProviderConfigError(f"aws:{key} is {text!r}: not a list or map") from error


def _accounts(aws_config: Mapping[str, str], key: str) -> tuple[str, ...]:
    return tuple(str(account) for account in _entries(aws_config, key))


def _entries(aws_config: Mapping[str, str], key: str) -> Sequence[Any]:
    """The entries of a list; none if the key is not set.

    Raises:
        ProviderConfigError: it is something else, which must not count as no account or no role.
    """
    text = aws_config.get(key)
    if not text:
        return ()
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    if not is_list(value):
        fix = config_remove(f"aws:{key}").then(*_settings(f"aws:{key}[0]", value))
        raise ProviderConfigError(
            laid_out(f"aws:{key} is {text}; nothing was done", "a list", (str(fix),))
        )
    return value


def assumed_roles(aws_config: Mapping[str, str]) -> tuple[AssumedRole, ...]:
    """The roles of `aws:assumeRoles`, each assumed with the credentials of the one before.

    Raises:
        ProviderConfigError: no list, an entry without roleArn, or `aws:assumeRole`, which is gone.
    """
    if aws_config.get("assumeRole"):
        # Source: Pulumi AWS provider, migration to 7.x, "Provider role chaining".
        happened = "aws:assumeRole: version 7 of the provider has replaced it with a list of roles"
        fix = _as_list(_decoded(aws_config, "assumeRole"))
        raise ProviderConfigError(laid_out(happened, fixes=(str(fix),)))
    roles = _entries(aws_config, "assumeRoles")
    return tuple(_role(place, role) for place, role in enumerate(roles) if role)


def _as_list(role: Any) -> Command:
    """The command that makes `aws:assumeRole` the first of `aws:assumeRoles`."""
    known = dict(map_of(role))
    values = {"roleArn": known.pop("roleArn", None) or "ROLE_ARN", **known}
    return config_remove("aws:assumeRole").then(*_settings("aws:assumeRoles[0]", values))


def _settings(path: str, value: Any) -> Iterator[Command]:
    """The commands that give a key a value, an entry of a list or a map at a time."""
    if is_map(value):
        for name, entry in value.items():
            own = f".{name}" if name.isidentifier() else f"[{json.dumps(name)}]"
            yield from _settings(f"{path}{own}", entry)
    elif is_list(value):
        for place, entry in enumerate(value):
            yield from _settings(f"{path}[{place}]", entry)
    elif value is not None:
        yield config_set(path, json.dumps(value) if isinstance(value, bool) else str(value))


def _role(place: int, role: Any) -> AssumedRole:
    if not is_map(role) or not role.get("roleArn"):
        fix = config_set(f"aws:assumeRoles[{place}].roleArn", "ROLE_ARN")
        happened = f"aws:assumeRoles has an entry without roleArn: {role}"
        raise ProviderConfigError(laid_out(happened, fixes=(str(fix),)))
    arguments: dict[str, Any] = {"RoleSessionName": role.get("sessionName") or "failover"}
    for theirs, ours in (
        ("externalId", "ExternalId"),
        ("policy", "Policy"),
        ("sourceIdentity", "SourceIdentity"),
        ("transitiveTagKeys", "TransitiveTagKeys"),
    ):
        if role.get(theirs):
            arguments[ours] = role[theirs]
    if role.get("policyArns"):
        arguments["PolicyArns"] = [{"arn": arn} for arn in role["policyArns"]]
    if role.get("tags"):
        arguments["Tags"] = [{"Key": k, "Value": v} for k, v in role["tags"].items()]
    seconds = _seconds(role.get("duration"), role.get("durationSeconds"))
    if seconds:
        arguments["DurationSeconds"] = seconds
    return AssumedRole(role["roleArn"], arguments)


_UNIT_SECONDS = {"h": 3600, "m": 60, "s": 1}


def _seconds(duration: str | None, seconds: int | None) -> int | None:
    """`1h30m`, as the provider writes durations, in seconds."""
    if not duration:
        return seconds
    total, number = 0, ""
    for character in duration:
        if character.isdigit():
            number += character
        elif character in _UNIT_SECONDS and number:
            total, number = total + int(number) * _UNIT_SECONDS[character], ""
        else:
            total = 0
            break
    if number or not total:
        raise ProviderConfigError(f"aws:assumeRoles has the duration {duration!r}: write 1h30m")
    return total


_BOTO3_NAMES = {"elb": "elb", "elasticloadbalancing": "elb", "elasticloadbalancingv2": "elbv2"}


def _endpoints(found: Any) -> dict[str, str]:
    entries = found if is_list(found) else [found]
    return {
        _BOTO3_NAMES.get(str(name), str(name)): str(url)
        for entry in entries
        for name, url in map_of(entry).items()
    }


def _only(aws_config: Mapping[str, str], key: str) -> str | None:
    files = _entries(aws_config, key)
    if len(files) > 1:
        raise ProviderConfigError(f"aws:{key} names {len(files)} files; not supported, name one")
    return files[0] if files else None
