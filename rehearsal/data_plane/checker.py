"""Checks the health of every target that may take requests, each by itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rehearsal.control_plane.health import HealthState
from rehearsal.control_plane.topology import (
    TopologyHealthCheck,
    TopologyTarget,
    TopologyTargetGroup,
)
from rehearsal.data_plane.check_result import CheckedHealth, Passed
from rehearsal.data_plane.clusters import Address, AddressOf, checked_targets
from rehearsal.data_plane.health_check import checked

log = logging.getLogger(__name__)

FIRST_CHECKS_SECONDS = 0.25
"""While a target is new it is looked at this often, so that it serves soon after it has booted. A
load balancer's nodes each check by themselves, which has a like effect. A failure counts only once
an interval even then."""

TargetKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is checked, and how. Where it differs, the checks go on in the new way."""

    address: Address
    check: TopologyHealthCheck


class Checker:
    """Keeps the health of the targets that it was given last.

    Args:
        changed: Called when the health of any target changed, in the event loop.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._subjects: dict[TargetKey, _Subject] = {}
        self._tasks: dict[TargetKey, asyncio.Task[None]] = {}
        self._health: dict[TargetKey, CheckedHealth] = {}

    @property
    def health(self) -> Mapping[TargetKey, CheckedHealth]:
        """The health of every target that is checked."""
        return self._health

    def is_healthy(self, arn: str, target: TopologyTarget) -> bool:
        """Whether a target passes its checks now."""
        health = self._health.get((arn, target.target_id, target.port))
        return health is not None and health.state is HealthState.HEALTHY

    def follow(self, groups: list[TopologyTargetGroup], address_of: AddressOf) -> None:
        """Check the targets of `groups`, and no others. A target that is new begins anew."""
        wanted = {
            (group.arn, target.target_id, target.port): _subject(group, target, address_of)
            for group in groups
            for target in checked_targets(group)
        }
        for key in set(self._tasks) - set(wanted):
            self._tasks.pop(key).cancel()
            del self._health[key]
        self._subjects = wanted
        for key in set(wanted) - set(self._tasks):
            self._health[key] = CheckedHealth.new(time.time())
            self._tasks[key] = asyncio.create_task(self._check_for_ever(key))
            self._tasks[key].add_done_callback(_log_failure)

    async def close(self) -> None:
        """End all checks."""
        self.follow([], lambda *_: ("", 0))

    async def _check_for_ever(self, key: TargetKey) -> None:
        counted_at = time.monotonic()
        while True:
            subject = self._subjects[key]
            began = time.monotonic()
            result = await checked(subject.address, subject.check)
            before = self._health[key]
            is_new = before.state is HealthState.INITIAL
            is_due = time.monotonic() - counted_at >= subject.check.interval_seconds
            if isinstance(result, Passed) or not is_new or is_due:
                counted_at = time.monotonic()
                self._note(key, before.after(result, subject.check, time.time()))
            still_new = self._health[key].state is HealthState.INITIAL
            pause = FIRST_CHECKS_SECONDS if still_new else subject.check.interval_seconds
            await asyncio.sleep(max(0.0, began + pause - time.monotonic()))

    def _note(self, key: TargetKey, health: CheckedHealth) -> None:
        before, self._health[key] = self._health[key], health
        if (before.state, before.reason) != (health.state, health.reason):
            self._changed()


def _subject(group: TopologyTargetGroup, target: TopologyTarget, address_of: AddressOf) -> _Subject:
    check = group.health_check
    return _Subject(address_of(group, target.target_id, check.port or target.port), check)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("the checks of a target ended", exc_info=task.exception())
