"""Creations of which none is lost when the engine that asked dies.

An engine that is killed leaves no word. What was being created for it would stand in AWS without
being in any state, and the next `up` would find the name taken, or make a second one. So:

- when the caller's connection is gone by the time the work is done, the work is undone;
- when the answer was sent but the engine died before it wrote it down, the next creation with the
  same URN and inputs, by another engine, takes the resource over. Written down is what an engine
  ever mentions again, and all that an engine was told which said goodbye.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.provider.call import Call
from rehearsal.provider.defaults import without_defaults_key
from rehearsal.provider.diff import changes
from rehearsal.provider.errors import AbandonedError, ProviderError, described
from rehearsal.provider.refresh import read_fitted
from rehearsal.provider.table import ResourceType, Values
from rehearsal.provider.update import read_back

log = logging.getLogger("rehearsal.provider")


@dataclass(frozen=True, slots=True)
class Birth:
    """A creation that was answered and that no engine has mentioned since."""

    id: str
    engine: int
    inputs: Values


class UnfinishedError(ProviderError):
    """The resource exists, but not all of its creation came through; the engine keeps it."""

    def __init__(self, resource_id: str, state: Values, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.state = state


class Births:
    """The creations of all engines, one at a time for each URN."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._urn_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._unmentioned: dict[str, Birth] = {}

    def acknowledge(self, urn: str, resource_id: str) -> None:
        """An engine mentioned the resource, so it is in a state."""
        with self._lock:
            birth = self._unmentioned.get(urn)
            if birth is not None and birth.id == resource_id:
                del self._unmentioned[urn]

    def acknowledge_all(self, engine: int) -> None:
        """An engine said goodbye, so it has written down all that it was told."""
        with self._lock:
            kept = {urn: b for urn, b in self._unmentioned.items() if b.engine != engine}
            self._unmentioned = kept

    def create(
        self, call: Call, kind: ResourceType, urn: str, engine: int, inputs: Values
    ) -> tuple[str, Values]:
        """Make the resource, or take over the one that was made for a dead engine.

        Raises:
            UnfinishedError: it exists, but an attribute or a wait failed.
            AbandonedError: nobody waits for it any more; nothing is left of it.
        """
        with self._lock:
            urn_lock = self._urn_locks[urn]
        with urn_lock:
            taken = self._taken_over(call, kind, urn, engine, inputs)
            resource_id, state = taken or _made(call, kind, inputs)
            if call.is_caller_gone():
                kind.delete(call.of_nobody(), resource_id, state)
                raise AbandonedError(
                    f"the engine that asked for {urn} is gone; deleted {resource_id}"
                )
            with self._lock:
                self._unmentioned[urn] = Birth(resource_id, engine, inputs)
            return resource_id, state

    def _taken_over(
        self, call: Call, kind: ResourceType, urn: str, engine: int, inputs: Values
    ) -> tuple[str, Values] | None:
        with self._lock:
            birth = self._unmentioned.get(urn)
        if birth is None or birth.engine == engine or birth.inputs != inputs:
            return None
        state = read_fitted(call, kind, birth.id, inputs)
        if state is None or changes(kind, state, inputs):
            return None
        log.info("%s: taken over from an engine that is gone: %s", urn, birth.id)
        return birth.id, state


def _made(call: Call, kind: ResourceType, inputs: Values) -> tuple[str, Values]:
    declared = without_defaults_key(inputs)
    resource_id = kind.create(call, declared)
    try:
        if kind.settle is not None:
            kind.settle(call, resource_id, declared)
        return resource_id, read_back(call, kind, resource_id, inputs)
    except Exception as error:
        if call.is_caller_gone():
            kind.delete(call.of_nobody(), resource_id, inputs)
            raise
        reason = f"{resource_id} was created, but: {described(error)}"
        state = _as_far_as_known(call, kind, resource_id, inputs)
        raise UnfinishedError(resource_id, state, reason) from error


def _as_far_as_known(call: Call, kind: ResourceType, resource_id: str, inputs: Values) -> Values:
    """The state of an unfinished resource; if AWS does not tell it either, its inputs."""
    try:
        return read_back(call, kind, resource_id, inputs)
    except (ProviderError, ClientError, BotoCoreError) as error:
        log.warning("%s cannot be read: %s", resource_id, described(error))
        return {"id": resource_id, **without_defaults_key(inputs)}
