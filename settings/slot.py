"""A slot: its target group, and the fleet that fills it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from fleets.kind import FleetSettings, Kind, SlotSections
from fleets.registry import DEFAULT, KINDS
from rollout.split import Slot
from settings.declaration.key import BySlot, ConfigMap, KeyGroup, Member
from settings.target_group import (
    TARGET_GROUP,
    ExistingTargetGroup,
    NewTargetGroup,
    read_target_group,
)


@dataclass(frozen=True, kw_only=True)
class SlotSettings(ConfigMap):
    """One slot of a service."""

    slot: Slot
    target_group: NewTargetGroup | ExistingTargetGroup
    kind: Kind
    fleet: FleetSettings

    @classmethod
    def members(cls) -> tuple[Member, ...]:
        """The target group, and each kind of fleet."""
        return (TARGET_GROUP, *(kind.member for kind in KINDS))


class Slots(ConfigMap):
    """Both slots of a service."""

    of_slot: ClassVar[BySlot[KeyGroup[Any]]] = BySlot(
        lambda _: KeyGroup(
            "The slot's target group, and what fills it: one kind of fleet. Without one it is an "
            "Auto Scaling group that the stack makes.",
            SlotSettings,
        )
    )


def read_slot(sections: SlotSections) -> SlotSettings:
    """One slot; two kinds of fleet in it are refused."""
    kind = _kind(sections)
    return SlotSettings(
        slot=sections.slot,
        target_group=read_target_group(
            sections.target_group, sections.names, sections.service, sections.slot
        ),
        kind=kind,
        fleet=kind.read_settings(sections),
    )


def _kind(sections: SlotSections) -> Kind:
    """The kind that the slot names; the first one where it names several."""
    named = [kind for kind in KINDS if sections.own.names_member(kind.member)]
    for other in named[1:]:
        sections.own.reject_idle(
            f"{named[0].key}: a slot is filled by one kind of fleet", other.member
        )
    return named[0] if named else DEFAULT
