"""Stack configs for the tests: those of the repo, as the engine hands them to the program."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from settings.lookup import (
    GroupFacts,
    LaunchTemplateVersion,
    ListenerFacts,
    LoadBalancerFacts,
    LookupFailedError,
    ParameterFacts,
    SubnetFacts,
    TargetGroupFacts,
    TemplateFacts,
)
from settings.settings import Settings
from settings.surroundings import Surroundings

ROOT = Path(__file__).parents[1]
TOKEN_KEY = "failover:previewToken"
TOKEN = "0123456789abcdef0123456789abcdef"
OIDC = {
    "issuer": "https://login.example",
    "authorizationEndpoint": "https://login.example/authorize",
    "tokenEndpoint": "https://login.example/token",
    "userInfoEndpoint": "https://login.example/userinfo",
    "clientId": "shop",
    "clientSecret": "s3cret-of-the-client",
}
"""A login at an OpenID Connect provider, its secret as the engine hands it over."""
OIDC_SECRET = OIDC["clientSecret"]
COGNITO = {
    "userPoolArn": "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_a1B2c3D4e",
    "userPoolClientId": "1a2b3c4d5e6f7g8h9i0j1k2l3m",
    "userPoolDomain": "shop-login",
}
Config = dict[str, Any]
T = TypeVar("T")


def stack_config(stack: str) -> Config:
    """The config of a stack file of the repo, with the secret that no stack file can hold."""
    return {**copy.deepcopy(_read(stack)), TOKEN_KEY: TOKEN}


@functools.cache
def _read(stack: str) -> Config:
    return yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]


def as_handed_over(config: Config) -> dict[str, str]:
    """The config as `PULUMI_CONFIG` has it: scalars as text, lists and maps as sorted JSON."""
    return {key: _handed_over(value) for key, value in config.items()}


def _handed_over(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else str(value)


class FakeLookups:
    """An AWS that has what the test puts into it, and two subnets of each kind by default."""

    def __init__(self) -> None:
        vpc_id = "vpc-0a1b2c3d4e5f60718"
        self.subnets = {
            f"subnet-0a1b2c3d4e5f6071{n}": SubnetFacts(vpc_id, f"us-east-1{zone}")
            for n, zone in ((1, "a"), (2, "b"), (3, "a"), (4, "b"))
        }
        self.load_balancers: dict[str, LoadBalancerFacts] = {}
        self.listeners: dict[str, ListenerFacts] = {}
        self.target_groups: dict[str, TargetGroupFacts] = {}
        self.groups: dict[str, GroupFacts] = {}
        self.parameters: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.templates: dict[str, dict[str, Any]] = {}
        """The data of each version, such as of `shop-web version 4`."""
        self.asked: list[str] = []

    def subnet(self, subnet_id: str) -> SubnetFacts:
        return self._found(self.subnets, subnet_id)

    def load_balancer(self, arn: str) -> LoadBalancerFacts:
        return self._found(self.load_balancers, arn)

    def listener(self, arn: str) -> ListenerFacts:
        return self._found(self.listeners, arn)

    def target_group(self, name_or_arn: str) -> TargetGroupFacts:
        return self._found(self.target_groups, name_or_arn)

    def auto_scaling_group(self, name: str) -> GroupFacts:
        return self._found(self.groups, name)

    def parameter(self, name: str) -> ParameterFacts:
        return ParameterFacts(self._found(self.parameters, name))

    def launch_template(self, version: LaunchTemplateVersion) -> TemplateFacts:
        beginning = f"{version.template} version "
        numbers = [
            int(known.removeprefix(beginning))
            for known in self.templates
            if known.startswith(beginning)
        ]
        if not numbers:
            raise LookupFailedError(f"there is no {version.template}")
        latest = f"{beginning}{max(numbers)}"
        return TemplateFacts(self.templates.get(str(version)), max(numbers), self.templates[latest])

    def project_file(self, path: str) -> bytes:
        return self._found(self.files, path)

    def _found(self, known: Mapping[str, T], key: str) -> T:
        self.asked.append(key)
        if key not in known:
            raise LookupFailedError(f"{key}: not found")
        return known[key]


def surroundings(
    config: Config,
    *,
    stack: str = "prod",
    lookups: FakeLookups | None = None,
    environ: Mapping[str, str] | None = None,
    secret_keys: frozenset[str] | None = None,
) -> Surroundings:
    """What the config is read in: a stack of the repo, and an AWS that has its subnets.

    `secret_keys`: by default every key with a secret in it.
    """
    raw = as_handed_over(config)
    if secret_keys is None:
        secret_keys = frozenset({TOKEN_KEY, *(k for k, v in raw.items() if OIDC_SECRET in v)})
    aws = {k.removeprefix("aws:"): v for k, v in raw.items() if k.startswith("aws:")}
    return Surroundings(stack, environ or {}, aws, secret_keys, lookups or FakeLookups())


def parsed(config: Config, lookups: FakeLookups | None = None, stack: str = "prod") -> Settings:
    """The settings of a config."""
    context = surroundings(config, stack=stack, lookups=lookups)
    return Settings.parse(as_handed_over(config), context)
