"""A new service beside live traffic gets its rule once its slots can answer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

from components.guards.errors import RefusedUpdateError
from live.errors import LiveError
from rollout.command import UP, config_set
from rollout.guard_case import WantedService
from rollout.messages import unreadable
from rollout.notice import Notice, NoticeKind
from rollout.observation import LiveRule, LiveService, LiveSlot
from rollout.readiness import missing_for
from rollout.split import Slot, Split


class NewServiceJudge:
    """Judges whether the rule of a new service may be created.

    Until then another service, or another team's rule, may answer its hosts and paths; a rule
    without healthy targets would take those requests and fail them.
    Source: ELB user guide, "Troubleshoot your Application Load Balancers" (502, 503).
    """

    def __init__(
        self,
        service: WantedService,
        split: Split,
        healthy_polls: int,
        read: Callable[[], Mapping[Slot, LiveSlot]],
    ) -> None:
        """Hold what to judge.

        Args:
            service: The service.
            split: The split of its new rule.
            healthy_polls: How many consecutive polls must find its slots ready.
            read: Reads its slots.
        """
        self.judged_at = -math.inf
        self._service = service
        self._split = split
        self._needed_polls = healthy_polls
        self._read = read
        self._polls = 0
        self._missing: tuple[str, ...] = ("a first reading of its targets",)

    @property
    def is_settled(self) -> bool:
        """Whether its rule may be created."""
        return self._polls >= self._needed_polls

    def judge_again(self) -> list[Notice]:
        """Read its slots again; returns what the rule waits for.

        Raises:
            RefusedUpdateError: AWS cannot be read.
        """
        try:
            slots = self._read()
        except LiveError as error:
            spared = "its rule was not created"
            notice = unreadable(NoticeKind.REFUSED, str(error), spared, error.fix)
            raise RefusedUpdateError([notice]) from error
        live = LiveService(LiveRule(self._service.name, "", 0, 0), slots)
        weights = {slot: self._split.weight_of(slot) for slot in Slot}
        self._missing = tuple(
            each
            for slot, weight in weights.items()
            if weight and not _is_healthy_without_fleet(slots[slot])
            for each in missing_for(live, slot, weight, self._service.slots[slot].fleet)
        )
        self._polls = 0 if self._missing else self._polls + 1
        self.judged_at = time.monotonic()
        return [] if self.is_settled else [self._notice(NoticeKind.WAITING, self._waits())]

    def wait_failed(self, why: str) -> list[Notice]:
        """The notice that its slots did not become ready; `why` is what ended the wait."""
        at_once = config_set("override", "REASON").then(UP)
        text = (
            f"{why}; it waited {self._waits()}\n"
            f"  fix: bring its instances up, then {UP}\n"
            f"  or: {at_once}   # if it has no requests yet"
        )
        return [self._notice(NoticeKind.REFUSED, text)]

    def _waits(self) -> str:
        if not self._missing:
            more = self._needed_polls - self._polls
            return f"for {more} more {'poll' if more == 1 else 'polls'} with all targets healthy"
        return "for " + "; and for ".join(self._missing)

    def _notice(self, kind: NoticeKind, text: str) -> Notice:
        return Notice(kind, self._service.name, f"new at {self._split}", text)


def _is_healthy_without_fleet(slot: LiveSlot) -> bool:
    """Whether all its targets are healthy, and no fleet defines how many there should be."""
    return slot.fleet is None and bool(slot.healthy) and not slot.unhealthy
