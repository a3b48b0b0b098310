"""Where a value of a slot's capacity stands: at the slot itself, or at its service."""

from __future__ import annotations

from typing import Any, TypeVar

from fleets.kind import SlotSections
from settings.capacity import Capacity
from settings.declaration.key import Key, KeyGroup, Member
from settings.declaration.section import Section

T = TypeVar("T")


def home(sections: SlotSections, group: KeyGroup[Any], member: Member) -> Section:
    """The map `group` of the slot if it has `member`, or else its service's."""
    own = of_slot(sections, group)
    return own if own.has(member) else sections.capacity.section(group)


def of_slot(sections: SlotSections, group: KeyGroup[Any]) -> Section:
    """The map `group` of the slot itself."""
    return sections.capacity.section(Capacity.of_slot[sections.slot]).section(group)


def own_or_shared(sections: SlotSections, group: KeyGroup[Any], key: Key[T]) -> T:
    """The value of the slot, or else of its service."""
    return home(sections, group, key).read(key)
