"""What a run of the driver is given: everything it acts through, and how long things may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ops.gates.gate import Gate
from ops.journal.journal import Journal
from ops.journal.observer import RampObserver
from ops.ramp.effects import Git, LiveAws, OldSlot, RampClock, RampEngine, SlotTraffic, Stop
from ops.ramp.next_commands import NextCommands


@dataclass(frozen=True, slots=True)
class Limits:
    """How long what may take, in seconds."""

    bake: float
    hold: float
    watch: float
    inconclusive: float
    guard_wait: float


@dataclass(frozen=True)
class Effects:
    """Everything the driver acts through."""

    aws: LiveAws
    engine: RampEngine
    clock: RampClock
    journal: Journal
    gates: Sequence[Gate]
    observers: Sequence[RampObserver]
    stop: Stop
    next: NextCommands
    """What a person types after the run."""
    traffic: SlotTraffic | None = None
    old_slot: OldSlot | None = None
    git: Git | None = None
    pushes: bool = False
    is_file_ignored: bool = False
    """Whether git ignores the stack file, as a rehearsal's: no commit is to hold it."""
    known_messages: frozenset[str] = frozenset()
    """What the stack's history said when nobody had the wheel."""
