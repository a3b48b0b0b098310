"""All services of a stack, and what they may not share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from fleets.kind import SlotSections
from rollout.split import Split
from settings.capacity import Capacity, SlotFloors
from settings.declaration import command
from settings.declaration.key import ConfigMap, Key, KeyGroup
from settings.declaration.kind import RefusedValueError
from settings.declaration.section import ConfigProblems, Section
from settings.image import Images
from settings.lookup import Lookups
from settings.names import Names
from settings.probe import probed_url, reject_two_addresses
from settings.rule import PlacedRule, reject_clashes
from settings.service import SERVICE_NAME, ServiceSections, ServiceSettings, read_service
from settings.slot import SlotSettings
from settings.target_group import (
    TARGET_GROUP,
    ExistingTargetGroup,
    NewTargetGroup,
    found_target_group,
)

_EACH = "<service>"


class ServiceMaps(ConfigMap):
    """The maps of the config that have an entry for each service."""

    services: ClassVar[KeyGroup[Any]] = KeyGroup(
        "The services behind the load balancer.", ServiceSettings, each=_EACH
    )
    images: ClassVar[KeyGroup[Any]] = KeyGroup(
        "The image of each slot. A release changes this value.", Images, each=_EACH, is_partial=True
    )
    capacity: ClassVar[KeyGroup[Any]] = KeyGroup(
        "Type and number of the instances of a slot. The Auto Scaling group controls "
        "the desired number.",
        Capacity,
        each=_EACH,
        is_partial=True,
    )


_PATH = f"{command.NAMESPACE}:{ServiceMaps.services.name}"


def read_services(
    top: Section, names: Names, split: Split, problems: ConfigProblems, lookups: Lookups | None
) -> tuple[ServiceSettings, ...]:
    """Every service, in the order of the names."""
    top.section(ServiceMaps.services)
    for group in (
        (ServiceMaps.images, ServiceMaps.capacity) if top.is_sound(ServiceMaps.services) else ()
    ):
        _reject_unknown_services(
            top.section(group), top.section(ServiceMaps.services).names(), problems
        )
    services = tuple(
        read_service(name, service_sections(top, name), names, split, lookups)
        for name in top.section(ServiceMaps.services).names()
    )
    if not services and top.is_sound(ServiceMaps.services):
        fix = command.setting(f"{_PATH}.web.hosts", ("www.hankooktire.example",))
        top.reject(ServiceMaps.services, "at least one service", fix)
    for service in services:
        _reject_bad_name(service.name, problems)
        _reject_idle_capacity(service, service_sections(top, service.name), top)
    reject_clashes(
        [PlacedRule(s.name, s.rule, service_sections(top, s.name).own) for s in services],
        problems,
        _PATH,
    )
    reject_two_addresses(
        (
            service_sections(top, s.name).own.section(ServiceSettings.probe),
            probed_url(s.rule.hosts, s.rule.paths, s.probe, s.rule.conditions),
            s.probe,
        )
        for s in services
    )
    _reject_shared_groups(services, top)
    return services


def found_services(
    services: tuple[ServiceSettings, ...], top: Section, names: Names, vpc_id: str, lookups: Lookups
) -> tuple[ServiceSettings, ...]:
    """`services` with the facts of existing groups from AWS."""
    found: list[ServiceSettings] = []
    for service in services:
        sections = service_sections(top, service.name)
        slots = [
            _found_slot(slot, sections.slot(service.name, slot.slot, names, lookups), vpc_id)
            for slot in service.slots
        ]
        found.append(replace(service, slots=tuple(slots)))
    return tuple(found)


def service_sections(top: Section, name: str) -> ServiceSections:
    """Where the settings of a service stand."""
    return ServiceSections(
        own=top.section(ServiceMaps.services).entry(name),
        images=top.section(ServiceMaps.images).entry(name),
        capacity=top.section(ServiceMaps.capacity).entry(name),
    )


def _found_slot(slot: SlotSettings, sections: SlotSections, vpc_id: str) -> SlotSettings:
    slot.kind.check_network(slot.fleet, sections, vpc_id)
    if not isinstance(slot.target_group, ExistingTargetGroup) or sections.lookups is None:
        return slot
    group = found_target_group(
        slot.target_group,
        sections.target_group,
        vpc_id,
        slot.kind.target_types,
        sections.lookups,
    )
    slot.kind.check(slot.fleet, group.arn, sections)
    return replace(slot, target_group=group)


def _reject_unknown_services(
    section: Section, services: list[str], problems: ConfigProblems
) -> None:
    """Record entries of `images` or `capacity` that belong to no service."""
    for name in section.names():
        if name not in services:
            near = difflib.get_close_matches(name, services, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            path = command.joined(section.path, name)
            known = ", ".join(services) or "none"
            expected = f"the name of a service; {hint}Services here: {known}"
            problems.add(path, name, expected, command.removing(path))


def _reject_bad_name(name: str, problems: ConfigProblems) -> None:
    try:
        SERVICE_NAME.read(name)
    except RefusedValueError as refusal:
        path = command.joined(_PATH, name)
        problems.add(path, name, refusal.problems[0].expected, command.removing(path))


def _reject_idle_capacity(
    service: ServiceSettings, sections: ServiceSections, top: Section
) -> None:
    """Record the images and the capacity of slots whose fleet the stack does not make."""
    theirs = [slot for slot in service.slots if not slot.kind.is_made(slot.fleet)]
    if len(theirs) == len(service.slots):
        beside = " and ".join(dict.fromkeys(slot.kind.theirs for slot in theirs))
        top.section(ServiceMaps.capacity).reject_idle(beside, KeyGroup("", name=service.name))
        return
    for slot in theirs:
        beside = f"{slot.kind.theirs} of slot {slot.slot}"
        sections.capacity.reject_idle(beside, Capacity.of_slot[slot.slot])
        floors = sections.capacity.section(Capacity.floors)
        floors.reject_idle(beside, SlotFloors.of_slot[slot.slot])


def _reject_shared_groups(services: Iterable[ServiceSettings], top: Section) -> None:
    """Record a target group or Auto Scaling group that two slots would have in common."""
    owners: dict[str, str] = {}
    for service in services:
        for slot in service.slots:
            section = service_sections(top, service.name).own_slot(slot.slot)
            owner = f"{service.name}-{slot.slot}"
            for group, key, name in _groups(slot):
                first = owners.setdefault(f"{group.name} {name}", owner)
                if first != owner and section.section(group).is_sound(key):
                    expected = f"a {group.name} of its own; this one is {first}'s already"
                    section.section(group).reject_value(key, name, expected, f"{owner}-own")


def _groups(slot: SlotSettings) -> Iterator[tuple[KeyGroup[Any], Key[Any], str]]:
    """What names the resources of a slot that no other slot may have."""
    group = slot.target_group
    if isinstance(group, ExistingTargetGroup):
        yield TARGET_GROUP, ExistingTargetGroup.name_or_arn, group.name_or_arn
    else:
        yield TARGET_GROUP, NewTargetGroup.name, group.name
    owned = slot.kind.owned_name(slot.fleet)
    if owned is not None:
        yield owned
