"""What a destroy of a protected stack may delete: nothing, in whatever order it goes."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from tests.components.recording import Recording, Registration
from tests.components.stacks import declared
from tests.configs import Config, FakeLookups, stack_config
from tests.settings.test_values import with_existing_load_balancer, with_existing_slot

Stack = Callable[[], tuple[Config, FakeLookups]]

CAN_BE_TURNED_OFF = {
    "MetricAlarm": "alarms",
    "Dashboard": "dashboard",
    "Bucket": "accessLogs",
    "BucketPublicAccessBlock": "accessLogs",
    "BucketPolicy": "accessLogs",
}
"""What traffic can do without, by type, with the key that turns it off. All else is protected."""


def with_own_network() -> tuple[Config, FakeLookups]:
    return stack_config("dev") | {"failover:protection": True}, FakeLookups()


def as_in_prod() -> tuple[Config, FakeLookups]:
    return stack_config("prod"), FakeLookups()


of_every_shape = pytest.mark.parametrize(
    "stack", [as_in_prod, with_own_network, with_existing_load_balancer, with_existing_slot]
)
whatever_is_off = pytest.mark.parametrize(
    "off", [(), ("accessLogs", "alarms", "dashboard")], ids=["all-on", "all-off"]
)


@functools.cache
def recording_with(
    stack: Stack, off: tuple[str, ...] = (), *, protection: bool = True
) -> Recording:
    config, lookups = stack()
    changed = {f"failover:{key}": False for key in off if key != "alarms"}
    config = config | changed | {"failover:protection": protection}
    if "alarms" in off:
        config.pop("failover:alarms", None)
    return declared(config, lookups=lookups)


def kept_by(keeper: Registration, by_key: dict[str, Registration]) -> set[str]:
    """Everything that a destroy comes to only after `keeper`: its dependencies, and theirs."""
    found: set[str] = set()
    left = [keeper.key]
    while left:
        for key in by_key[left.pop()].depends_on - found:
            found.add(key)
            left.append(key)
    return found


@of_every_shape
@whatever_is_off
def test_everything_is_protected_but_what_can_be_turned_off(
    stack: Stack, off: tuple[str, ...]
) -> None:
    recording = recording_with(stack, off)

    unprotected = {r.type.rpartition(":")[2] for r in recording.registrations if not r.is_protected}

    assert unprotected - {"AccessLogs"} <= CAN_BE_TURNED_OFF.keys()


@of_every_shape
@whatever_is_off
def test_a_destroy_meets_a_protected_resource_before_each_one_that_is_not(
    stack: Stack, off: tuple[str, ...]
) -> None:
    recording = recording_with(stack, off)
    by_key = {r.key: r for r in recording.registrations}

    kept = {key for r in recording.registrations if r.is_protected for key in kept_by(r, by_key)}

    bare = {r.key for r in recording.registrations if not r.is_protected and not r.is_component}
    assert bare - kept == set()


@pytest.mark.parametrize(
    ("key", "types"),
    [
        ("alarms", {"MetricAlarm"}),
        ("dashboard", {"Dashboard"}),
        ("accessLogs", {"Bucket", "BucketPublicAccessBlock", "BucketPolicy"}),
    ],
)
def test_what_is_not_protected_can_be_turned_off(key: str, types: set[str]) -> None:
    before, after = recording_with(as_in_prod), recording_with(as_in_prod, (key,))

    gone = {r.key for r in before.registrations} - {r.key for r in after.registrations}

    ended = [r for r in before.registrations if r.key in gone and not r.is_component]
    assert {r.type.rpartition(":")[2] for r in ended} == types
    assert {r.is_protected for r in ended} == {False}


@of_every_shape
def test_where_protection_is_off_nothing_is_protected(
    stack: Stack,
) -> None:
    recording = recording_with(stack, protection=False)

    assert {r.is_protected for r in recording.registrations} == {False}
