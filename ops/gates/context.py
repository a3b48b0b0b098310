"""What the gates of one run of the driver work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from live.session import ProviderSession
from ops.gates.stack import StackFacts
from ops.traffic.answer import SlotAnswer
from ops.traffic.plan import ConnectionRoute


class AnswerSource(Protocol):
    """Where the answers come from: `ops.traffic.Traffic`."""

    @property
    def is_alive(self) -> bool:
        """Whether requests are still being sent."""
        ...

    def subscribe(self, listener: Callable[[Sequence[SlotAnswer]], None]) -> None:
        """Hand every batch to `listener`, in a thread of its own."""
        ...

    def stalled_seconds(self, since_s: float) -> float:
        """How long the prober itself did not run since then."""
        ...


@dataclass(frozen=True, slots=True)
class Places:
    """Where a ramp keeps things, and how it reaches the stack."""

    project: Path
    """The folder that commands run in."""
    ramp: Path
    """The ramp's own folder: approvals, records."""
    way: ConnectionRoute
    stack_option: tuple[str, ...] = ()
    """What a command ends with to act on the stack."""


@dataclass(frozen=True, slots=True)
class GateContext:
    """The stack, its AWS, its traffic, the folders and the clock."""

    stack: StackFacts
    session: ProviderSession
    traffic: AnswerSource | None
    """What the gate `probe` judges; it is there where that gate is on."""
    places: Places
    now: Callable[[], datetime]
    """The time of day, in UTC."""


def connections(stack: StackFacts, way: ConnectionRoute) -> dict[str, ConnectionRoute]:
    """The connections of the services that are not reached by the common one."""
    return {
        service: replace(way, address=address, is_beside=True)
        for service, address in stack.connect_to.items()
    }
