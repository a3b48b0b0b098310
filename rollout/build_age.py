"""Whether one slot runs an older build than the other, by their images."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from rollout.candidate import released_last
from rollout.observation import LiveService
from rollout.plan import RampPlan
from rollout.split import Slot


class BuildAge(enum.Enum):
    """How the build of a slot compares with the build of the other slot."""

    SAME = "same"
    """Both slots run one build, whenever each of them was released."""
    OLDER = "older"
    """Another build, released earlier."""
    NEWER = "newer"
    """Another build, released later; a build that is released again counts as newer again."""
    UNKNOWN = "unknown"
    """AWS has no image or no release time."""


@dataclass(frozen=True, slots=True)
class SlotBuild:
    """The build of a slot, compared with the build of the other slot."""

    slot: Slot
    image_id: str
    """Empty if AWS has none, as for registered targets."""
    other_image_id: str
    age: BuildAge
    names: Mapping[str, str]
    """Image -> name of its build, for the builds that the config names."""

    @property
    def name(self) -> str:
        """The build's name, such as `v1 (ami-0fa11000000000001)`."""
        return _named(self.image_id, self.names)

    @property
    def other_name(self) -> str:
        """The name of the other slot's build."""
        return _named(self.other_image_id, self.names)

    def given_to(self, percent: int) -> str:
        """What a move of `percent` to the slot means for users; empty if no build is older."""
        if self.age is BuildAge.OLDER:
            return f"{percent} of 100 get the older build {self.name} again"
        if self.age is not BuildAge.UNKNOWN:
            return ""
        if not self.image_id or not self.other_image_id:
            return f"{percent} of 100 get the build of slot {self.slot}, whose age is not known"
        return (
            f"{percent} of 100 get the build {self.name} instead of {self.other_name}: AWS does "
            "not report which of them is older"
        )


def build_on(live: LiveService, slot: Slot, names: Mapping[str, str] | None = None) -> SlotBuild:
    """The build of a slot, compared with the build of the other slot.

    Two images with one name in `names` are one build. Two first builds that came with their slots
    have no order.

    Args:
        live: The service.
        slot: The slot.
        names: Image -> name of its build.
    """
    names = names or {}
    image_id, other = _build(live, slot), _build(live, slot.other)
    return SlotBuild(slot, image_id, other, _age(live, slot, image_id, other, names), names)


@dataclass(frozen=True, slots=True)
class PlannedBuild:
    """The build that a plan gives more users of one service."""

    service: str
    build: SlotBuild
    percent: int
    """How many more of 100 users get it in the end."""
    is_new_to_all: bool
    """Whether no user gets it before."""

    @property
    def is_step_back(self) -> bool:
        """Whether it gives users an older build than all of them have."""
        return self.build.age is BuildAge.OLDER and self.is_new_to_all

    @property
    def note(self) -> str:
        """What to report before the ramp begins; empty for the newer or the same build."""
        given = self.build.given_to(self.percent)
        return f"{self.service}: {given}" if given else ""


def planned_builds(
    plan: RampPlan, live: Mapping[str, LiveService], names: Mapping[str, str]
) -> tuple[PlannedBuild, ...]:
    """The build of the candidate in each service of a plan.

    Args:
        plan: The plan of a ramp.
        live: Every service as AWS has it now.
        names: Image -> name of its build.
    """
    slot, end = plan.candidate, plan.target.weight_of(plan.candidate)
    found: list[PlannedBuild] = []
    for service in plan.services:
        split = live[service].rule.split
        weight = plan.start.weight_of(slot) if split is None else split.weight_of(slot)
        build = build_on(live[service], slot, names)
        found.append(PlannedBuild(service, build, end - weight, is_new_to_all=weight == 0))
    return tuple(found)


def _age(
    live: LiveService, slot: Slot, image_id: str, other: str, names: Mapping[str, str]
) -> BuildAge:
    if not image_id or not other:
        return BuildAge.UNKNOWN
    if names.get(image_id, image_id) == names.get(other, other):
        return BuildAge.SAME
    newest = released_last(live)
    if newest is None:
        return BuildAge.UNKNOWN
    return BuildAge.NEWER if newest is slot else BuildAge.OLDER


def _build(live: LiveService, slot: Slot) -> str:
    fleet = live.slots[slot].fleet
    return fleet.revision.name if fleet is not None and fleet.revision is not None else ""


def _named(image_id: str, names: Mapping[str, str]) -> str:
    return f"{names[image_id]} ({image_id})" if image_id in names else image_id
