"""Which slot a ramp raises, told from what was released last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from rollout.observation import LiveService, Release
from rollout.split import Slot, Split
from rollout.stage_order import rising

MADE_TOGETHER = timedelta(minutes=10)
"""Two first builds that are this close were made with their slots by one `pulumi up`: neither of
them was released. It makes the templates of both slots within seconds, unless AWS throttles it."""


LAST_RAISED = "lastRaisedSlot"
"""The key of a service in the stack's output `services` that has the slot that was raised last."""


def candidate_of(
    configured: Slot | None, live: LiveService, split: Split, last_raised: Slot | None = None
) -> Slot | None:
    """The slot that a ramp raises; `None` where nothing decides, and either may be.

    That is the configured one; else the one with the newer build; else the one that was raised
    last; else the lighter one.

    Args:
        configured: The config's `candidate`.
        live: The service.
        split: Its live split.
        last_raised: As `raised_after` has it.
    """
    return configured or released_last(live) or last_raised or lighter(split)


def raised_after(
    last_raised: Slot | None, candidate: Slot | None, before: Split, after: Split
) -> Slot | None:
    """The slot that was raised last once a service has moved from `before` to `after`.

    The candidate is, once it rises from weight 0. A slot that rises from the even split is not:
    held for the candidate, it would make the other slot's next ramp a way back, which no stage
    holds. The way back raises none, whatever the stable slot's weight was: after 100/0, 25/75 and
    100/0 again that is still slot 02.

    Args:
        last_raised: The slot that was raised last before.
        candidate: The candidate at `before`; `None` where nothing decides.
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
    """The slot that all name who name one; `None` where nobody does, or they differ."""
    named = {slot for slot in slots if slot is not None}
    return named.pop() if len(named) == 1 else None


def released_last(live: LiveService) -> Slot | None:
    """The slot whose build is the newer one; `None` where that cannot be told.

    Version numbers count per template, so the time at which a build's first version was made
    decides. Source: EC2 API, LaunchTemplateVersion.CreateTime.
    """
    first, second = (_release(live, slot) for slot in Slot)
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


def _release(live: LiveService, slot: Slot) -> Release | None:
    group = live.slots[slot].group
    return None if group is None else group.release
