"""The capacity of a slot: its instances, how many, and when there are more."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.split import Slot
from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import Text, WholeNumber
from settings.declaration.section import Section

INSTANCE_TYPE = Key(
    "instanceType",
    Text(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "an instance type, such as m7i.large"),
    "The type of its instances.",
    "m7i.large",
)
MIN = Key("min", WholeNumber(0, 1000), "The fewest instances of a slot.", 2)
MAX = Key("max", WholeNumber(1, 1000), "The most instances of a slot.", 6)
CPU_TARGET_PERCENT = Key(
    "cpuTargetPercent",
    WholeNumber(10, 90),
    "The mean CPU that target tracking holds a slot at.",
    60,
    default=60,
)
ROOT_DEVICE_NAME = Key(
    "rootDeviceName",
    Text(r"/dev/[a-z0-9]+", "a device name, such as /dev/xvda"),
    "The root device of the image, whose volume is encrypted.",
    "/dev/xvda",
    default="/dev/xvda",
)
ROOT_VOLUME_GIB = Key(
    "rootVolumeGib", WholeNumber(1, 16384), "The size of the root volume.", 20, default=20
)
SLOT_CAPACITY: dict[Slot, KeyGroup] = {
    slot: KeyGroup(
        slot.value,
        "Where the slot differs from its service.",
        (INSTANCE_TYPE, MIN, MAX),
    )
    for slot in Slot
}
FLOOR_KEYS: dict[Slot, Key[int]] = {
    slot: Key(slot.value, WholeNumber(0, 1000), f"The fewest instances of slot {slot} for now.", 3)
    for slot in Slot
}
FLOORS = KeyGroup(
    "floors",
    "The capacity that a ramp holds a slot at: over its min, and at most its max.",
    tuple(FLOOR_KEYS.values()),
)
CAPACITY = KeyGroup(
    "capacity",
    "What the instances of a slot are and how many; the desired number is the group's own.",
    (
        INSTANCE_TYPE,
        MIN,
        MAX,
        CPU_TARGET_PERCENT,
        ROOT_DEVICE_NAME,
        ROOT_VOLUME_GIB,
        *SLOT_CAPACITY.values(),
        FLOORS,
    ),
    each="<service>",
)


@dataclass(frozen=True, slots=True)
class Capacity:
    """The capacity of one slot."""

    instance_type: str
    min_size: int
    max_size: int
    floor_size: int
    """What a ramp holds the slot at; 0 where none does."""
    cpu_target_percent: int
    root_device_name: str
    root_volume_gib: int

    @property
    def effective_min_size(self) -> int:
        """The fewest instances of the slot: its min, or a ramp's floor within its max."""
        return min(max(self.min_size, self.floor_size), self.max_size)


def read_capacity(section: Section, slot: Slot) -> Capacity:
    """The capacity of a slot: its own values over the service's; a min over the max is refused."""
    own = section.section(SLOT_CAPACITY[slot])
    homes = {key.name: own if own.has(key) else section for key in (INSTANCE_TYPE, MIN, MAX)}
    for key in (INSTANCE_TYPE, MIN, MAX):
        homes[key.name].reject_absent(key)
    capacity = Capacity(
        instance_type=homes[INSTANCE_TYPE.name].require(INSTANCE_TYPE),
        min_size=homes[MIN.name].require(MIN),
        max_size=homes[MAX.name].require(MAX),
        floor_size=section.section(FLOORS).read(FLOOR_KEYS[slot]) or 0,
        cpu_target_percent=section.require(CPU_TARGET_PERCENT),
        root_device_name=section.require(ROOT_DEVICE_NAME),
        root_volume_gib=section.require(ROOT_VOLUME_GIB),
    )
    least, most = homes[MIN.name], homes[MAX.name]
    if least.is_sound(MIN) and most.is_sound(MAX) and capacity.min_size > capacity.max_size:
        least.reject_value(
            MIN, capacity.min_size, f"no more than max, {capacity.max_size}", capacity.max_size
        )
    return capacity
