"""Who wants to know when the topology changes."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.control_plane.topology import Topology

Subscriber = Callable[[int, Topology], None]
"""Called with the new revision and the topology, in the thread that made the change.

It holds up the request that made the change, so it must only take note and return.
"""


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
        """Take `topology` as the latest, and tell it where it differs. True if it did."""
        if topology == self._topology:
            return False
        self._revision += 1
        self._topology = topology
        for subscriber in list(self._subscribers):
            subscriber(self._revision, topology)
        return True
