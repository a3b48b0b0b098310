"""Which slot a ramp raises, told from what was released last."""

from __future__ import annotations

from datetime import timedelta

from rollout.observation import LiveService, Release
from rollout.split import Slot, Split

MADE_TOGETHER = timedelta(minutes=10)
"""Two first builds that are this close were made with their slots by one `pulumi up`: neither of
them was released. It makes the templates of both slots within seconds, unless AWS throttles it."""


def candidate_of(configured: Slot | None, live: LiveService, split: Split) -> Slot | None:
    """The slot that a ramp raises; `None` where nothing decides, and either may be.

    That is the configured one; else the one with the newer build; else the lighter one.
    """
    return configured or released_last(live) or lighter(split)


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
