"""Reads a rule back after an update has set it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from components.guards.errors import ReadBackError
from components.guards.waiting import in_thread
from live.errors import LiveError
from rollout.command import REFRESH, UP
from rollout.observation import LiveRule

READ_BACK_SECONDS = 10.0
"""How long a rule may take to be read back as it was written."""

_PAUSE_SECONDS = 0.5


async def verify_rule(
    service: str,
    wanted: Sequence[int],
    read: Callable[[], LiveRule],
    limit_seconds: float = READ_BACK_SECONDS,
) -> None:
    """Return once the rule of `service` is read as it was written.

    Source: ELBv2 API, ModifyRule, which answers before all that read it agree.

    Raises:
        ReadBackError: it is another one, or nobody can read it.
    """
    deadline = time.monotonic() + limit_seconds
    was_set = f"the rule of {service} was set to {'/'.join(map(str, wanted))}"
    while True:
        try:
            live = await in_thread(read)
        except LiveError as error:
            raise ReadBackError(
                f"{was_set}, and nobody could read it back: {error}\n"
                f"  fix: {UP.with_options('--refresh')}, once AWS answers: it reads the rule anew"
            ) from error
        if (live.weight_01, live.weight_02) == tuple(wanted) and not live.strangers:
            return
        if time.monotonic() >= deadline:
            raise ReadBackError(
                f"{was_set} and is at {live.weights}: somebody else sets it too\n"
                f"  fix: {REFRESH}   # shows it as it is"
            )
        await asyncio.sleep(_PAUSE_SECONDS)
