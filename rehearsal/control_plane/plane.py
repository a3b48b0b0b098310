"""The control plane as a whole: corrections in force, time passing, changes published."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from moto.core.base_backend import BackendDict

from rehearsal.control_plane.autoscaling.reconciler import reconcile_groups
from rehearsal.control_plane.correction import Installed
from rehearsal.control_plane.corrections import TABLE
from rehearsal.control_plane.metrics.alarms import evaluate_alarms
from rehearsal.control_plane.metrics.application_elb import sample_hosts
from rehearsal.control_plane.snapshot import snapshot
from rehearsal.control_plane.target_reconciler import reconcile_targets
from rehearsal.control_plane.topology import Topology
from rehearsal.control_plane.world import World

Subscriber = Callable[[int, Topology], None]
"""Called with the new revision and the topology, in the thread that made the change.

It holds up the request that made the change, so it must only take note and return.
"""

log = logging.getLogger(__name__)
TICK_SECONDS = 0.2
"""How often the daemon thread lets time pass; a request lets it pass as well."""


class Changes:
    """The latest topology and its revision, which only grows."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []
        self._revision = 0
        self._topology = Topology()

    @property
    def latest(self) -> tuple[int, Topology]:
        """Revision and topology."""
        return self._revision, self._topology

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` now and after every change. The answer ends that."""
        self._subscribers.append(subscriber)
        subscriber(self._revision, self._topology)
        return lambda: self._subscribers.remove(subscriber)

    def publish(self, topology: Topology) -> bool:
        """Take `topology` as the latest, and publish it where it differs. True if it did."""
        if topology == self._topology:
            return False
        self._revision += 1
        self._topology = topology
        for subscriber in list(self._subscribers):
            subscriber(self._revision, topology)
        return True


def _forget_backends() -> None:
    """Drop every backend that moto has in this process, so that the next use makes a new one.

    `BackendDict.reset` would fill some of them again, from outside the corrections.
    """
    known: Any = BackendDict
    for backends in known._instances:
        backends.clear()
        getattr(backends, "bucket_accounts", dict[str, str]()).clear()  # S3's own, beside them


class ControlPlane:
    """One local AWS in this process. There can be one at a time: moto's state is global."""

    def __init__(self, world: World) -> None:
        self.world = world
        _forget_backends()
        self._installed = Installed(world, TABLE)
        self.changes = Changes()
        self._stop = threading.Event()

    def tick(self) -> bool:
        """Bring everything up to now, and publish it. True if anything changed."""
        with self.world.lock:
            changed = self._reconcile()
            if changed:
                self._publish()
            return changed

    def settle(self) -> None:
        """After a request that may have changed something: take that up, and publish it."""
        with self.world.lock:
            self._reconcile()
            self._publish()

    def _reconcile(self) -> bool:
        now = self.world.clock.now()
        changed = reconcile_targets(self.world, now)
        if reconcile_groups(self.world, now):
            changed = True
            reconcile_targets(self.world, now)
        sample_hosts(self.world, now)
        self.world.metrics.prune(now)
        evaluate_alarms(self.world, now)
        return changed

    def _publish(self) -> None:
        self.changes.publish(snapshot(self.world))

    def run_ticks(self) -> None:
        """Let time pass until `close`; the body of the daemon thread."""
        while not self._stop.wait(TICK_SECONDS):
            try:
                self.tick()
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
