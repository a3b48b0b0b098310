"""Flags that the resulting config does not have: nobody may believe that they were heard. Pure."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator
from typing import Any

from ops.adopt.merge import Path, is_same
from ops.adopt.proposal import Config
from ops.adopt.questions import Flags
from ops.errors import InputError
from rollout.split import Slot
from settings.declaration.command import joined, setting

_SERVICES, _IMAGES, _CAPACITY = "failover:services", "failover:images", "failover:capacity"
_FIRST, _SECOND = (("slots", slot.value, "targetGroup") for slot in Slot)


def refuse_unheard(flags: Flags, services: Collection[str], config: Config, file: str) -> None:
    """Refuse flags that the config does not follow, such as one of a service adopted before.

    `services`: those that are adopted. `config`: as `file` would have it.

    Raises:
        InputError: there are some.
    """
    lines: list[str] = []
    for flag, service, path, said in _said(flags):
        held = functools.reduce(_entry, path, config)
        if service and service not in services:
            lines.append(f"{flag}: no such service; expected one of {', '.join(services)}")
        elif not is_same(held, said):
            address = functools.reduce(joined, path)
            lines.append(
                f"{flag}: {file} has {address} {'not set' if held is None else held}; that stays "
                f"once a service is adopted, and so does what is there of a slot {Slot.SECOND}\n"
                "  fix: leave the flag away; or, where the config is to say it: "
                f"{setting(address, said)}"
            )
    if lines:
        raise InputError("\n".join([*lines, "nothing was written"]))


def _said(flags: Flags) -> Iterator[tuple[str, str, Path, str]]:
    """Each flag as it was written, with its service, the key that it is for, and its value."""
    for flag, key, given, inner in (
        ("--service", _SERVICES, flags.services, (*_FIRST, "existing")),
        ("--second-group", _SERVICES, flags.second_groups, (*_SECOND, "existing")),
        ("--second-name", _SERVICES, flags.second_names, (*_SECOND, "name")),
        ("--image", _IMAGES, flags.images, (Slot.SECOND.value,)),
        ("--instance-type", _CAPACITY, flags.instance_types, ("instanceType",)),
    ):
        for service, value in given.items():
            yield f"{flag} {service}={value}", service, (key, service, *inner), value
    for flag, path, value in (
        ("--org", ("failover:org",), flags.org),
        ("--region-code", ("failover:regionCode",), flags.region_code),
        ("--environment", ("failover:environment",), flags.environment),
        (
            "--security-group",
            ("failover:loadBalancer", "securityGroupId"),
            flags.security_group_id,
        ),
    ):
        if value is not None:
            yield f"{flag} {value}", "", path, value
    if flags.protection is not None:
        flag = "--protection" if flags.protection else "--no-protection"
        yield flag, "", ("failover:protection",), "true" if flags.protection else "false"


def _entry(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
