"""The control plane as a whole: corrections in force, time passing, changes told."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Any

from moto.core.base_backend import BackendDict

from rehearsal.control_plane.autoscaling.reconciler import reconcile_groups
from rehearsal.control_plane.correction import Installed
from rehearsal.control_plane.corrections import TABLE
from rehearsal.control_plane.target_reconciler import reconcile_targets
from rehearsal.control_plane.world import World

log = logging.getLogger(__name__)

TICK_SECONDS = 0.2
"""How often the daemon thread lets time pass; a request lets it pass as well."""


def _forget_backends() -> None:
    """Drop every backend that moto has in this process, so that the next use makes a new one.

    `BackendDict.reset` would fill some of them again, from outside the corrections.
    """
    known: Any = BackendDict
    for backends in known._instances:
        backends.clear()


class ControlPlane:
    """One local AWS in this process. There can be one at a time: moto's state is global."""

    def __init__(self, world: World) -> None:
        self.world = world
        _forget_backends()
        self._installed = Installed(world, TABLE)
        self._stop = threading.Event()

    def tick(self) -> bool:
        """Bring everything up to now. True if anything changed."""
        with self.world.lock:
            now = self.world.clock.now()
            changed = reconcile_targets(self.world, now)
            changed |= reconcile_groups(self.world, now)
            if changed:
                reconcile_targets(self.world, now)
            return changed

    def publish(self) -> None:
        """Tell the subscribers what is new."""

    def run_ticks(self) -> None:
        """Let time pass until `close`; the body of the daemon thread."""
        while not self._stop.wait(TICK_SECONDS):
            try:
                if self.tick():
                    self.publish()
            except Exception:
                log.exception("a tick failed")

    def close(self) -> None:
        """Stop the ticks and put moto back as it was."""
        self._stop.set()
        with self.world.lock:
            self._installed.uninstall()

    def __enter__(self) -> ControlPlane:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
