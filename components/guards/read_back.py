"""Reads a rule back after an update has set it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from components.guards.errors import ReadBackError
from components.guards.wait import in_thread
from live.errors import LiveError
from rollout.command import REFRESH, UP
from rollout.observation import LiveRule

READ_BACK_SECONDS = 10.0
"""How long AWS may return the old weights of a rule."""

_PAUSE_SECONDS = 0.5


async def verify_rule(
    service: str,
    wanted: Sequence[int],
    read: Callable[[], LiveRule],
    limit_seconds: float = READ_BACK_SECONDS,
) -> None:
    """Return once AWS returns the weights of `service` that the update has set.

    Source: ELBv2 API, ModifyRule, which answers before every reader sees the change.

    Raises:
        ReadBackError: the weights differ, or the rule cannot be read.
    """
    deadline = time.monotonic() + limit_seconds
    was_set = f"the rule of {service} was set to {'/'.join(map(str, wanted))}"
    while True:
        try:
            live = await in_thread(read)
        except LiveError as error:
            raise ReadBackError(
                f"{was_set} but could not be read back: {error}\n"
                f"  fix: {UP.with_options('--refresh')}, once AWS answers: it reads the rule again"
            ) from error
        if (live.weight_01, live.weight_02) == tuple(wanted) and not live.foreign_targets:
            return
        if time.monotonic() >= deadline:
            raise ReadBackError(
                f"{was_set} but is at {live.weights}: someone else changes it too\n"
                f"  fix: {REFRESH}   # shows the live weights"
            )
        await asyncio.sleep(_PAUSE_SECONDS)
