"""The arguments of the config over those that the program declares."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rollout.json_value import is_map
from settings.arguments import INTERFACES

Declared = Mapping[str, Any]
"""Arguments of a resource, by their names in Python."""


def extended(declared: Declared, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """`declared` with `arguments`, which have the names of Pulumi.

    A map extends the fields that are declared, at any depth, and a network interface those of the
    interface with its device index; anything else takes the place of what is declared.
    """
    others = {name: value for name, value in arguments.items() if name != INTERFACES}
    found = _merged(declared, others)
    if INTERFACES in arguments:
        found = _with_interfaces(found, [_named(each) for each in arguments[INTERFACES]])
    return found


def _merged(declared: Declared, given: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(declared)
    for name, value in given.items():
        own = python_name(name)
        held = found.get(own)
        found[own] = _merged(held, value) if is_map(value) and is_map(held) else value
    return found


def python_name(name: str) -> str:
    """The name of an argument in Python: `warm_pool` of `warmPool`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _named(value: Mapping[str, Any]) -> dict[str, Any]:
    return {python_name(name): each for name, each in value.items()}


def _with_interfaces(found: dict[str, Any], given: Sequence[Declared]) -> dict[str, Any]:
    """With network interfaces; security groups then stand in the first of them.

    Source: EC2 API, RequestLaunchTemplateData, which takes the groups in one of both places.
    """
    groups = found.pop("vpc_security_group_ids", None)
    own = found.get("network_interfaces") or [{"device_index": 0, "security_groups": groups}]
    by_place = {_place(each): dict(each) for each in own}
    for each in given:
        by_place[_place(each)] = {**by_place.get(_place(each), {}), **each}
    return {**found, "network_interfaces": list(by_place.values())}


def _place(interface: Declared) -> tuple[int, int]:
    return interface.get("network_card_index") or 0, interface.get("device_index") or 0
