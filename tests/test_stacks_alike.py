"""dev is prod with smaller numbers and a network of its own: their graphs, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.components.recording import Recording, Registration
from tests.components.stacks import declared, recording_of
from tests.configs import stack_config

OWN_NETWORK = {
    "aws:ec2/vpc:Vpc",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/subnet:Subnet",
}
"""What dev has and prod, which lies in a network of the team's, has not."""

MAY_DIFFER = {
    # Sizes and counts.
    ("LaunchTemplate", "instanceType"),
    ("Group", "minSize"),
    ("Group", "maxSize"),
    # Domain.
    ("ListenerRule", "conditions.0.hostHeader.values.0"),
    ("Listener", "certificateArn"),
    # Network.
    ("LoadBalancer", "subnets.0"),
    ("LoadBalancer", "subnets.1"),
    ("Group", "vpcZoneIdentifiers.0"),
    ("Group", "vpcZoneIdentifiers.1"),
    ("SecurityGroup", "vpcId"),
    ("TargetGroup", "vpcId"),
    # Protection.
    ("LoadBalancer", "enableDeletionProtection"),
    ("LoadBalancer", "protect"),
    ("Listener", "protect"),
    ("ListenerRule", "protect"),
    ("TargetGroup", "protect"),
    ("Group", "protect"),
    ("LaunchTemplate", "protect"),
    ("Policy", "protect"),
    ("SecurityGroup", "protect"),
    ("SecurityGroupEgressRule", "protect"),
    ("SecurityGroupIngressRule", "protect"),
    ("Bucket", "forceDestroy"),
}
"""Every property in which the two stacks differ, names aside; not one more, and not one less."""


def flattened(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a value with the way to it."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from flattened(value[key], f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            yield from flattened(entry, f"{path}.{place}")
    else:
        yield path, value


def without_names(value: Any) -> Any:
    """A leaf without the environment in the names that we give."""
    if not isinstance(value, str):
        return value
    return value.replace("hankooktire-us-prd", "NAME").replace("hankooktire-us-dev", "NAME")


def compared(registration: Registration) -> dict[str, Any]:
    """A resource as the two stacks are compared by it."""
    inputs = {**registration.inputs, "protect": registration.is_protected}
    leaves = {path: without_names(leaf) for path, leaf in flattened(inputs)}
    # The instance is told its environment, and its tags name it; a test of its own reads both.
    return {
        path: leaf
        for path, leaf in leaves.items()
        if path != "userData" and not path.startswith(("tagSpecifications", "tags."))
    } | {"parent": registration.parent}


def differences(one: Recording, other: Recording) -> set[tuple[str, str]]:
    """The type and property of everything that two recordings do not have alike."""
    sides = [{r.key: r for r in side.registrations if not r.is_component} for side in (one, other)]
    found: set[tuple[str, str]] = set()
    for key in sides[0].keys() | sides[1].keys():
        held = [side.get(key) for side in sides]
        (registration,) = {r.type for r in held if r is not None}
        kind = registration.rpartition(":")[2]
        if None in held:
            if registration not in OWN_NETWORK:
                found.add((kind, "is there at all"))
            continue
        left, right = (compared(r) for r in held if r is not None)
        paths = {p for p in left.keys() | right.keys() if left.get(p) != right.get(p)}
        found |= {(kind, path) for path in paths}
    return found


def test_dev_differs_from_prod_in_what_is_listed_here_and_in_nothing_else() -> None:
    assert differences(recording_of("prod"), recording_of("dev")) == MAY_DIFFER


def test_only_the_network_is_of_devs_own() -> None:
    types = {
        stack: {r.type for r in recording_of(stack).registrations} for stack in ("prod", "dev")
    }

    assert types["dev"] - types["prod"] == OWN_NETWORK
    assert types["prod"] - types["dev"] == set()


def test_the_components_of_both_stacks_are_the_same() -> None:
    components = [
        {r.key: r.parent for r in recording_of(stack).registrations if r.is_component}
        for stack in ("prod", "dev")
    ]

    assert components[0] == components[1]


@pytest.mark.parametrize("stack", ["prod", "dev"])
def test_both_stacks_say_what_they_are_by_the_same_outputs(stack: str) -> None:
    assert recording_of(stack).exports.keys() == recording_of("prod").exports.keys()


@pytest.mark.parametrize(
    ("key", "value", "difference"),
    [
        ("failover:dashboard", False, ("Dashboard", "is there at all")),
        ("failover:alarms", {}, ("MetricAlarm", "is there at all")),
        ("failover:alarms", {"target5xxPerMinute": 9}, ("MetricAlarm", "threshold")),
        ("failover:accessLogs", False, ("Bucket", "is there at all")),
    ],
)
def test_a_dev_that_leaves_something_out_is_seen(
    key: str, value: object, difference: tuple[str, str]
) -> None:
    dev = declared(stack_config("dev") | {key: value}, stack="dev")

    assert difference in differences(recording_of("prod"), dev)
