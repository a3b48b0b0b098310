"""A key lands in the property that its declaration names."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from rollout.split import Slot
from settings.declaration.key import Key, KeyGroup
from settings.declaration.landing import ANY_NAME, ANY_RESOURCE
from settings.settings import TOP
from tests.components.recording import Registration
from tests.components.stacks import declared
from tests.configs import COGNITO, OIDC, Config, stack_config

NOWHERE = {
    # Read by guards, ramps and gates, not by AWS.
    "candidate", "override", "until", "reason", "stages", "bakeSeconds", "holdSeconds",
    "watchSeconds", "inconclusiveSeconds", "healthyPolls", "pollSeconds", "waitSeconds",
    "targets", "ratePerSecond", "maxFailedPercent", "maxLatencyRatio", "latencyFloorMs",
    "slotHeader", "requests", "status", "body", "buildHeader", "builds", "assets",
    "max5xxPercent", "max4xxPercent", "maxLatencyMs", "latencyPercentile", "maxRatioToStable",
    "maxConnectionErrors", "alarms", "run", "approval", "registered", "url", "address",
    # A condition of the rule for each of them.
    "headers",
    # Part of names and of other values.
    "org", "regionCode", "environment", "previewToken", "name", "existing",
    # Whether something is there, or which thing, or what a ramp does with it.
    "floor",
    "create", "protection", "accessLogs", "dashboard", "adoptedRule", "arn", "listenerArn",
    "vpcId", "cidr", "availabilityZones", "albSubnetIds", "instanceSubnetIds",
    # Both kinds of login have them, or AWS never shows them.
    "sessionCookieName", "scope", "sessionTimeoutSeconds", "onUnauthenticatedRequest",
    "authenticationRequestExtraParams", "clientSecret", "cookie", "skipLogin",
    # In several properties at once, or not as it is.
    "port", "securityGroupId", "instanceProfile", "rootDeviceName", "topicArn", "01", "02",
    "file", "text", "id", "version", "securityGroupIds", "volumes",
    "healthCheckPort", "anomalyMitigation", "crossZone",
    "instanceTypes", "maxPrice", "arguments", "lifecycleHooks",
    # The weights have a rule of their own in the drift report.
    "weights",
}  # fmt: skip
"""Keys that no property of one resource has as they are."""
SHARED = {"path", "timeoutSeconds"}
"""Names that a health check and a gate have; only the former's land."""


def keys(group: KeyGroup[Any], way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for member in group.members:
        path = (*way, member.name)
        if isinstance(member, KeyGroup):
            yield from keys(member, (*path, "web") if member.each else path)
        else:
            yield path, member


LANDING = {path: key for path, key in keys(TOP) if key.lands is not None}


def with_value(path: tuple[str, ...], key: Key[Any]) -> Config:
    config: Config = stack_config("prod") | {"failover:alarms": {"target5xxPerMinute": 7}}
    for name, login in (("oidc", OIDC), ("cognito", COGNITO)):
        if name in path:
            config["failover:services"]["web"]["authenticate"] = {name: dict(login)}
    first, *others = path
    value = list(key.example) if isinstance(key.example, tuple) else key.example
    *steps, last = [f"failover:{first}", *others]
    found = functools.reduce(lambda inner, step: inner.setdefault(step, {}), steps, config)
    if "mixedInstances" in steps:
        found |= {"instanceTypes": ["m7i.large"], "onDemandPercentAboveBase": 50}
    found[last] = value
    return config


def at(inputs: Any, path: str) -> Any:
    """The value at a property path; any entry of a list that has the rest of the path."""
    name, _, rest = path.partition(".")
    key, _, index = name.partition("[")
    value = inputs.get(key) if isinstance(inputs, dict) else None
    if index and isinstance(value, list) and rest:
        found = [at(each, rest) for each in value]
        return next((each for each in found if each is not None), None)
    if index and isinstance(value, list):
        return value
    return at(value, rest) if rest else value


def has_name(resource: Registration, pattern: str, path: tuple[str, ...]) -> bool:
    slot = "02" if "02" in path else "01"
    name = pattern.replace("<service>", "web").replace("<slot>", slot)
    return pattern == ANY_NAME or resource.name == name


def test_every_key_is_known_to_land_or_not_to() -> None:
    elsewhere = {key.name for _, key in keys(TOP) if key.lands is None} - SHARED
    landing = {key.name for key in LANDING.values()} - set(Slot)

    assert elsewhere == NOWHERE
    assert landing & NOWHERE == set()


@pytest.mark.parametrize("path", LANDING, ids=".".join)
def test_a_key_lands_in_the_property_that_it_names(path: tuple[str, ...]) -> None:
    key = LANDING[path]
    landing = key.lands
    assert landing is not None
    recording = declared(with_value(path, key))

    resources = [
        each
        for each in recording.registrations
        if landing.resource in (ANY_RESOURCE, each.type) and has_name(each, landing.name, path)
    ]
    name = landing.property.removesuffix(".*").replace("[*]", "[0]")
    values = [at(each.inputs, name) for each in resources]

    example = list(key.example) if isinstance(key.example, tuple) else key.example
    if isinstance(example, dict):
        assert any(example.items() <= (value or {}).items() for value in values)
    else:
        assert example in [int(v) if isinstance(v, float) else v for v in values]
