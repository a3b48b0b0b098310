"""What the config sets of a slot's Auto Scaling group beside its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fleets.auto_scaling_group.home import home, own_or_shared
from fleets.kind import SlotSections
from rollout.images import is_arm
from rollout.split import Slot
from settings.auto_scaling_group import WEAKENS_RAMPS, GroupOptions, MixedInstances, Scaling
from settings.capacity import Capacity
from settings.declaration import command
from settings.declaration.section import Section
from settings.network import reject_subnets

_GROUP = Capacity.auto_scaling_group


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """The Auto Scaling group of a slot, as far as the config sets it."""

    scaling: Scaling | None = None
    """What its size follows; `None` for the mean CPU of `cpuTargetPercent`."""
    suspended_processes: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    """Empty for those of the network."""
    mixed: MixedInstances | None = None
    """`None` for the instance type alone."""
    lifecycle_hooks: tuple[Mapping[str, Any], ...] = ()
    """As the config has them."""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Further ones of `aws.autoscaling.Group`, by their Pulumi names."""

    @property
    def notes(self) -> Iterator[str]:
        """What a ramp does without, each in words."""
        for process in self.suspended_processes:
            if process in WEAKENS_RAMPS:
                yield f"{process} of its group is suspended: {WEAKENS_RAMPS[process]}"


def read_group(sections: SlotSections, capacity: Capacity) -> GroupSettings:
    """A slot's own values over the service's; problems are recorded in the sections."""
    return GroupSettings(
        _read_scaling(sections),
        own_or_shared(sections, _GROUP, GroupOptions.suspended_processes),
        own_or_shared(sections, _GROUP, GroupOptions.subnet_ids),
        _read_mixed(sections, capacity),
        own_or_shared(sections, _GROUP, GroupOptions.lifecycle_hooks),
        own_or_shared(sections, _GROUP, GroupOptions.arguments) or {},
    )


def check_subnets(settings: GroupSettings, sections: SlotSections, vpc_id: str | None) -> None:
    """Record subnets that are not of the VPC; `None` for a VPC that is yet to be created."""
    key = GroupOptions.subnet_ids
    section = home(sections, _GROUP, key)
    if not settings.subnet_ids:
        return
    if vpc_id is None:
        section.reject_idle("network.create, which makes the subnets", key)
    elif sections.lookups is not None:
        reject_subnets(key, vpc_id, section, sections.lookups)


def _read_mixed(sections: SlotSections, capacity: Capacity) -> MixedInstances | None:
    """The instance types; one of another architecture, or without `instanceType`, is refused."""
    group, types = GroupOptions.mixed_instances, MixedInstances.instance_types
    above = home(sections, _GROUP, group)
    if not above.has(group):
        return None
    section = above.section(group)
    mixed = MixedInstances.read(section)
    own = capacity.instance_type
    if not section.is_sound(types):
        return mixed
    if own not in mixed.instance_types:
        fix = command.setting(f"{command.joined(section.path, types.name)}[0]", own)
        section.reject(types, f"a list with the instanceType of slot {sections.slot}, {own}", fix)
    for place, each in enumerate(mixed.instance_types):
        if is_arm(each) is not is_arm(own):
            expected = f"a type that runs the same images as {own}"
            section.reject_entry(types, place, expected, is_idle=True)
    return mixed


def _read_scaling(sections: SlotSections) -> Scaling | None:
    """What the size follows; two metrics, none, and a further percentage are refused."""
    group = GroupOptions.scaling
    above = home(sections, _GROUP, group)
    if not above.has(group):
        return None
    section = above.section(group)
    scaling = Scaling.read(section)
    cpu, requests = Scaling.cpu_percent, Scaling.requests_per_target
    if section.has(cpu) and section.has(requests):
        section.reject_idle("cpuPercent: target tracking follows one of them", requests)
    elif not section.has(cpu) and not section.has(requests) and section.is_sound(cpu, requests):
        section.reject(cpu, f"{cpu.kind.expected}; or {requests.name} in its place")
    if _is_shared(sections, above):
        sections.capacity.reject_idle(section.path, Capacity.cpu_target_percent)
    return scaling


def _is_shared(sections: SlotSections, above: Section) -> bool:
    """Whether no slot of the service is left to the service's own `cpuTargetPercent`."""
    if above is sections.capacity.section(_GROUP):
        return True
    return all(
        sections.capacity.section(Capacity.of_slot[slot]).section(_GROUP).has(GroupOptions.scaling)
        for slot in Slot
    )
