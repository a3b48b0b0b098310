"""A service that is new beside live traffic: it gets its rule once its slots can answer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

from components.guards.errors import RefusedUpdateError
from live.errors import LiveError
from rollout.command import UP, config_set
from rollout.messages import unseen
from rollout.notice import Notice, NoticeKind
from rollout.observation import LiveRule, LiveService, LiveSlot
from rollout.readiness import lacks
from rollout.split import Slot, Split


class NewService:
    """Judges whether the rule of a new service may be made.

    Until then another service, or somebody else's rule, may answer its hosts and paths; a rule
    without healthy targets would take those requests and lose them.
    Source: ELB user guide, "Troubleshoot your Application Load Balancers" (502, 503).
    """

    def __init__(
        self,
        service: str,
        split: Split,
        healthy_polls: int,
        read: Callable[[], Mapping[Slot, LiveSlot]],
    ) -> None:
        """Be ready; nothing is read yet.

        Args:
            service: Its name.
            split: What its rule is going to be made with.
            healthy_polls: How many looks in a row must find it fit.
            read: What stands behind its slots now.
        """
        self.seen_at = -math.inf
        self._service = service
        self._split = split
        self._needed_polls = healthy_polls
        self._read = read
        self._polls = 0
        self._lacks: tuple[str, ...] = ("a first look at it",)

    @property
    def is_settled(self) -> bool:
        """Whether its rule may be made."""
        return self._polls >= self._needed_polls

    def look_again(self) -> list[Notice]:
        """What it waits for now.

        Raises:
            RefusedError: nobody can see.
        """
        try:
            slots = self._read()
        except LiveError as error:
            told = unseen(NoticeKind.REFUSED, str(error), "its rule is not made", error.fix)
            raise RefusedUpdateError([told]) from error
        live = LiveService(LiveRule(self._service, "", 0, 0), slots)
        weights = {slot: self._split.weight_of(slot) for slot in Slot}
        self._lacks = tuple(
            each
            for slot, weight in weights.items()
            if weight and not _is_served_by_hand(slots[slot])
            for each in lacks(live, slot, weight)
        )
        self._polls = 0 if self._lacks else self._polls + 1
        self.seen_at = time.monotonic()
        return [] if self.is_settled else [self._notice(NoticeKind.WAITING, self._waits())]

    def given_up(self, why: str) -> list[Notice]:
        """What there is to say where it did not become fit."""
        at_once = config_set("override", "REASON").then(UP)
        text = (
            f"{why}; it waited {self._waits()}\n"
            f"  fix: bring its instances up, then {UP}\n"
            f"  or: {at_once}   # nobody asks for it yet"
        )
        return [self._notice(NoticeKind.REFUSED, text)]

    def _waits(self) -> str:
        if not self._lacks:
            return f"for {self._needed_polls - self._polls} more looks that find all healthy"
        return "for " + "; and for ".join(self._lacks)

    def _notice(self, kind: NoticeKind, text: str) -> Notice:
        return Notice(kind, self._service, f"new at {self._split}", text)


def _is_served_by_hand(slot: LiveSlot) -> bool:
    """Whether all its targets are healthy, and no group tells how many there should be."""
    return slot.group is None and bool(slot.healthy) and not slot.unhealthy
