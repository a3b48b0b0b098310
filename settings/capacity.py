"""The capacity of a slot: its instances, how many, and when there are more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from rollout.split import Slot
from settings.auto_scaling_group import GroupOptions
from settings.declaration.key import (
    BySlot,
    ConfigMap,
    Key,
    KeyGroup,
    key,
    optional,
    required,
)
from settings.declaration.kind import WholeNumber
from settings.declaration.landing import (
    AUTO_SCALING_GROUP,
    LAUNCH_TEMPLATE,
    SCALING_POLICY,
    Landing,
)
from settings.declaration.section import Section
from settings.launch_template import DEVICE_NAME, INSTANCE_TYPE, LaunchTemplate


@dataclass(frozen=True, kw_only=True)
class OwnCapacity(ConfigMap):
    """What a slot may set differently from its service."""

    instance_type: Key[str] = required(
        "m7i.large",
        INSTANCE_TYPE,
        "The instance type.",
        lands=Landing(LAUNCH_TEMPLATE, "instanceType"),
    )
    min_size: Key[int] = required(
        2,
        WholeNumber(0, 1000),
        "Minimum number of instances of a slot.",
        name="min",
        lands=Landing(AUTO_SCALING_GROUP, "minSize"),
    )
    max_size: Key[int] = required(
        6,
        WholeNumber(1, 1000),
        "Maximum number of instances of a slot.",
        name="max",
        lands=Landing(AUTO_SCALING_GROUP, "maxSize"),
    )
    launch_template: ClassVar[KeyGroup[LaunchTemplate]] = KeyGroup(
        "What the launch template has beside the image, the instance type and the network.",
        LaunchTemplate,
        name="launchTemplate",
    )
    auto_scaling_group: ClassVar[KeyGroup[GroupOptions]] = KeyGroup(
        "What the Auto Scaling group has beside its min and its max.",
        GroupOptions,
        name="autoScalingGroup",
    )


class SlotFloors(ConfigMap):
    """The fewest instances of each slot while a ramp holds it at them."""

    of_slot: ClassVar[BySlot[Key[Any]]] = BySlot(
        lambda slot: optional(
            3, WholeNumber(0, 1000), f"Minimum number of instances of slot {slot} during a ramp."
        )
    )


@dataclass(frozen=True, kw_only=True)
class Capacity(OwnCapacity):
    """The capacity of one slot; the class declares the keys of a service, slots included."""

    cpu_target_percent: Key[int] = key(
        60,
        WholeNumber(10, 90),
        "Mean CPU of a slot that target tracking aims at.",
        lands=Landing(SCALING_POLICY, "targetTrackingConfiguration.targetValue", "both slots"),
    )
    root_device_name: Key[str] = key(
        "/dev/xvda",
        DEVICE_NAME,
        "The root device of the image. Its volume is encrypted.",
    )
    root_volume_gib: Key[int] = key(
        20,
        WholeNumber(1, 16384),
        "The size of the root volume.",
        lands=Landing(LAUNCH_TEMPLATE, "blockDeviceMappings[0].ebs.volumeSize", "both slots"),
    )
    of_slot: ClassVar[BySlot[KeyGroup[OwnCapacity]]] = BySlot(
        lambda _: KeyGroup(
            "Values of this slot that differ from its service.", OwnCapacity, is_partial=True
        )
    )
    floors: ClassVar[KeyGroup[SlotFloors]] = KeyGroup(
        "The minimum capacity that a ramp pins for each slot: at least its min, and "
        "at most its max.",
        SlotFloors,
    )
    floor_size: int = 0
    """What a ramp holds the slot at; 0 where none does."""

    @property
    def effective_min_size(self) -> int:
        """The fewest instances of the slot: its min, or a ramp's floor within its max."""
        return min(max(self.min_size, self.floor_size), self.max_size)


def read_capacity(section: Section, slot: Slot) -> Capacity:
    """The capacity of a slot: its own values over the service's; a min over the max is rejected."""
    own = section.section(Capacity.of_slot[slot])

    def home(key: Key[Any]) -> Section:
        return own if own.has(key) else section

    least, most = home(Capacity.min_size), home(Capacity.max_size)
    capacity = Capacity.read(
        section,
        instance_type=home(Capacity.instance_type).read(Capacity.instance_type),
        min_size=least.read(Capacity.min_size),
        max_size=most.read(Capacity.max_size),
        floor_size=section.section(Capacity.floors).read(SlotFloors.of_slot[slot]) or 0,
    )
    are_sound = least.is_sound(Capacity.min_size) and most.is_sound(Capacity.max_size)
    if are_sound and capacity.min_size > capacity.max_size:
        least.reject_value(
            Capacity.min_size,
            capacity.min_size,
            f"no more than max, {capacity.max_size}",
            capacity.max_size,
        )
    return capacity
