"""Watches the targets of every slot while a slot's instances are renewed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator

from rollout.split import Slot
from tests.engine.rehearsed import Rehearsed

_LIMIT_SECONDS = 120.0


class Renewal:
    """The fewest healthy and the most registered targets seen, by service and slot."""

    def __init__(self, stack: Rehearsed) -> None:
        self._observer = stack.observer()
        self.fewest_healthy: dict[tuple[str, Slot], int] = {}
        self.most_registered: dict[tuple[str, Slot], int] = {}
        self._seen_work = False
        self._settled = threading.Event()

    def look(self) -> None:
        """One look; the renewal is over when work was seen and everything is settled again."""
        services = self._observer.read()
        for service in services:
            for slot, state in service.slots.items():
                key = (service.name, slot)
                healthy = sum(target == "healthy" for target in state.target_states)
                self.fewest_healthy[key] = min(self.fewest_healthy.get(key, healthy), healthy)
                registered = len(state.target_states)
                self.most_registered[key] = max(self.most_registered.get(key, 0), registered)
        is_settled = all(service.is_settled for service in services)
        self._seen_work = self._seen_work or not is_settled
        if self._seen_work and is_settled:
            self._settled.set()

    def wait_until_settled(self) -> None:
        """Wait until the watching thread has seen the end of the renewal."""
        assert self._settled.wait(_LIMIT_SECONDS), f"not renewed after {_LIMIT_SECONDS:.0f} s"


@contextlib.contextmanager
def watched_renewal(stack: Rehearsed) -> Generator[Renewal]:
    """Look on from a thread while the block runs, so that no moment is missed."""
    renewal = Renewal(stack)
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            renewal.look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield renewal
    finally:
        done.set()
        watcher.join()
