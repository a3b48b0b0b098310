"""Which slot a ramp raises: the one that was released last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from rollout.fleet import Revision
from rollout.observation import LiveService
from rollout.split import Slot, Split, rising

MADE_TOGETHER = timedelta(minutes=10)
"""Two first builds that are this close came with their slots, by one `pulumi up`: neither was
released. An update creates the templates of both slots within seconds, unless AWS throttles it."""


LAST_RAISED = "lastRaisedSlot"
"""The key, in a service's part of the stack's output `services`, of the slot raised last."""


def candidate_of(
    configured: Slot | None, live: LiveService, split: Split, last_raised: Slot | None = None
) -> Slot | None:
    """The slot that a ramp raises; `None` if either may be.

    It is the configured one; else the one with the newer build; else the one that was raised
    last; else the lighter one.

    Args:
        configured: The config's `candidate`.
        live: The service.
        split: Its live split.
        last_raised: As `raised_after` returns it.
    """
    return configured or released_last(live) or last_raised or lighter(split)


def raised_after(
    last_raised: Slot | None, candidate: Slot | None, before: Split, after: Split
) -> Slot | None:
    """The slot that was raised last once a service has moved from `before` to `after`.

    It is the candidate, once it rises from weight 0. A slot that rises from the even split does not
    count: as the candidate it would turn the other slot's next ramp into a rollback, which no stage
    limits. A rollback does not count either: after 100/0, 25/75 and 100/0 it is still slot 02.

    Args:
        last_raised: The slot that was raised last before.
        candidate: The candidate at `before`; `None` if either slot may be.
        before: The split that the service moves from.
        after: The split that it moves to.
    """
    slot = rising(before, after)
    is_begun = slot is not None and slot is candidate and before.weight_of(slot) == 0
    return slot if is_begun else last_raised


def last_raised_in(service: Mapping[str, object]) -> Slot | None:
    """The slot that was raised last, in a service's part of the stack's output `services`."""
    found = service.get(LAST_RAISED)
    return next((slot for slot in Slot if slot.value == found), None)


def agreed(slots: Iterable[Slot | None]) -> Slot | None:
    """The one slot among `slots`; `None` if there is none, or more than one."""
    named = {slot for slot in slots if slot is not None}
    return named.pop() if len(named) == 1 else None


def released_last(live: LiveService) -> Slot | None:
    """The slot with the newer build; `None` if that is unknown.

    Version numbers count per template, so the time at which a build's first version was made
    decides. Source: EC2 API, LaunchTemplateVersion.CreateTime.
    """
    first, second = (_revision(live, slot) for slot in Slot)
    if first is None or second is None or first.at == second.at:
        return None
    if first.is_first and second.is_first and abs(first.at - second.at) < MADE_TOGETHER:
        return None
    return Slot.FIRST if first.at > second.at else Slot.SECOND


def lighter(split: Split) -> Slot | None:
    """The slot with the lower weight; `None` at 50/50."""
    if split.slot_01 == split.slot_02:
        return None
    return Slot.FIRST if split.slot_01 < split.slot_02 else Slot.SECOND


def _revision(live: LiveService, slot: Slot) -> Revision | None:
    fleet = live.slots[slot].fleet
    return None if fleet is None else fleet.revision
