"""Checks the new config with the program's own rules, before it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.adopt.config_merge import SERVICES, Config
from ops.inspect.document import Inspection
from rollout.errors import SettingsError
from rollout.json_value import is_list, is_map, map_of
from rollout.problem import Problem
from settings.declaration.raw import in_namespace
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
from settings.settings import PREVIEW_TOKEN_PATH, Settings
from settings.surroundings import Surroundings


def _no_template(version: LaunchTemplateVersion) -> TemplateFacts:
    raise LookupFailedError(f"there is no {version.template}")


@dataclass(frozen=True, slots=True)
class FoundLookups:
    """`settings.lookup.Lookups` of what was inspected, so that the same problems show up now."""

    inspection: Inspection
    zones: Mapping[str, str]
    """Subnet to Availability Zone; all of them lie in the load balancer's VPC."""
    template: Callable[[LaunchTemplateVersion], TemplateFacts] = _no_template
    """Reads a launch template; raises `LookupFailedError` where there is none."""

    def subnet(self, subnet_id: str) -> SubnetFacts:
        """A subnet of an Auto Scaling group."""
        if subnet_id not in self.zones:
            raise LookupFailedError(f"no subnet {subnet_id}")
        return SubnetFacts(self.inspection.load_balancer.vpc_id, self.zones[subnet_id])

    def load_balancer(self, arn: str) -> LoadBalancerFacts:
        """The load balancer that was inspected."""
        balancer = self.inspection.load_balancer
        if arn != balancer.arn:
            raise LookupFailedError(f"no load balancer {arn}")
        return LoadBalancerFacts(
            arn=arn,
            arn_suffix=arn.partition(":loadbalancer/")[2],
            dns_name=balancer.dns_name,
            load_balancer_type="application",
            vpc_id=balancer.vpc_id,
            security_group_ids=frozenset(balancer.security_group_ids),
        )

    def listener(self, arn: str) -> ListenerFacts:
        """A listener of it."""
        for listener in self.inspection.listeners:
            if listener.arn == arn:
                balancer_arn = self.inspection.load_balancer.arn
                return ListenerFacts(balancer_arn, listener.protocol)
        raise LookupFailedError(f"no listener {arn}")

    def target_group(self, name_or_arn: str) -> TargetGroupFacts:
        """A target group of it, or of its VPC."""
        for group in self.inspection.target_groups:
            if name_or_arn in (group.name, group.arn):
                return TargetGroupFacts(
                    arn=group.arn,
                    arn_suffix=group.arn.rpartition(":")[2],
                    vpc_id=group.vpc_id,
                    target_type=group.target_type,
                    has_stickiness=bool(group.details and group.details.has_stickiness),
                )
        raise LookupFailedError(f"no target group {name_or_arn}")

    def auto_scaling_group(self, name: str) -> GroupFacts:
        """An Auto Scaling group behind it."""
        for group in self.inspection.auto_scaling_groups:
            if group.name == name:
                return GroupFacts(name, frozenset(group.target_group_arns))
        raise LookupFailedError(f"no Auto Scaling group {name}")

    def parameter(self, name: str) -> ParameterFacts:
        """No parameter was read."""
        raise LookupFailedError(f"parameters are read by the program itself: {name}")

    def launch_template(self, version: LaunchTemplateVersion) -> TemplateFacts:
        """As AWS has it: a slot is made from it."""
        return self.template(version)

    def project_file(self, path: str) -> bytes:
        """No file was read."""
        raise LookupFailedError(f"files are read by the program itself: {path}")


def problems(
    config: Config, stack: str, environ: Mapping[str, str], lookups: FoundLookups
) -> tuple[Problem, ...]:
    """What the program would refuse of it."""
    filled = {**_decrypted(config), PREVIEW_TOKEN_PATH: Settings.preview_token.example}
    raw = {key: _handed_over(value) for key, value in filled.items()}
    surroundings = Surroundings(
        stack=stack.rpartition("/")[2],
        environ=environ,
        aws_config=in_namespace(raw, "aws"),
        secret_keys=frozenset({PREVIEW_TOKEN_PATH, *(k for k in raw if _STAND_IN in raw[k])}),
        lookups=lookups,
    )
    try:
        Settings.parse(raw, surroundings)
    except SettingsError as error:
        return error.problems
    return ()


_STAND_IN = "#!stands-in=for-a-secret"
"""Right for every key that may be encrypted: a client's secret, cookies, user data."""


def _decrypted(config: Config) -> Config:
    """The config with a value for each secret, those that are yet to be asked for included."""
    found: Config = _without_ciphers(config)
    for service in map_of(found.get(SERVICES)).values():
        oidc = map_of(map_of(map_of(service).get("authenticate")).get("oidc"))
        if oidc:
            service["authenticate"] = {"oidc": {"clientSecret": _STAND_IN, **oidc}}
    return found


def _without_ciphers(value: Any) -> Any:
    if is_map(value):
        is_cipher = set(value) == {"secure"}
        return _STAND_IN if is_cipher else {k: _without_ciphers(v) for k, v in value.items()}
    return [_without_ciphers(each) for each in value] if is_list(value) else value


def _handed_over(value: Any) -> str:
    """A value as the engine hands it to the program."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)
