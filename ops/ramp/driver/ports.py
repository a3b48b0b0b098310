"""What a run of the driver is given: everything it acts through, and how long things may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ops.gates.gate import Gate
from ops.journal.journal import Journal
from ops.ramp.stack.commands import NextCommands
from pulumi_cli.update import EngineUpdate, UpdateResult
from rollout.entry import Entry
from rollout.observation import LiveService
from rollout.split import Slot, Split
from rollout.verdict import Verdict


class LiveAws(Protocol):
    """The live stack; `ops.ramp.stack.live.LiveStack` and the tests' world are two."""

    def splits(self) -> Mapping[str, Split]:
        """The split of every service's rule, in one request.

        Raises:
            AwsError: AWS cannot be read.
            NotSureError: the weights of a rule are not a split of the two slots.
        """
        ...

    def services(self) -> Mapping[str, LiveService]:
        """Rules, targets and groups of every service.

        Raises:
            AwsError: AWS cannot be read.
            NotSureError: the weights of a rule are not a split of the two slots.
        """
        ...

    def set_floors(self, floors: Mapping[str, Mapping[Slot, int | None]]) -> None:
        """Hold fleets that the stack only names at a floor; `None` gives back what one had.

        Raises:
            AwsError: AWS refuses, or does not answer.
        """
        ...


class Update(Protocol):
    """A `pulumi up` that runs."""

    @property
    def pid(self) -> int:
        """The CLI's process."""
        ...

    def new_lines(self) -> Sequence[str]:
        """The lines that the CLI has written since the last call."""
        ...

    def poll(self) -> UpdateResult | None:
        """What came of it; None while it runs."""
        ...

    def interrupt(self) -> None:
        """Ask it to end after the operations that run."""
        ...


class RampEngine(Protocol):
    """The engine of one stack."""

    @property
    def stack_file(self) -> Path:
        """The file that a stage changes."""
        ...

    def set_config(self, changes: Mapping[str, str | None]) -> None:
        """Write values into the stack file by their paths; None removes one."""
        ...

    def start_up(self, message: str, *, is_way_back: bool) -> Update:
        """Begin an update; a rollback without the policy pack, and at full priority."""
        ...

    def history(self) -> Sequence[EngineUpdate]:
        """The newest updates, the newest first."""
        ...

    def clear_locks(self) -> None:
        """Delete every lock of the stack."""
        ...


class RampClock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass; may return sooner."""
        ...


class SlotTraffic(Protocol):
    """Which slots answer the ramp's own requests."""

    @property
    def names_slots(self) -> bool:
        """Whether answers are to name their slot; the config may have no header for it."""
        ...

    def slots_that_answered(self, service: str, since_s: float) -> Sequence[Slot]:
        """The slots that answered requests of the users' kind sent since then, the oldest first.

        `since_s` is in Unix seconds.
        """
        ...


class LastRequests(Protocol):
    """When each slot last answered a request."""

    def last_request(self, slot: Slot) -> datetime | None:
        """When any service's `slot` last got a request; None when none is known."""
        ...


class Git(Protocol):
    """The repository that holds the stack file."""

    def commit(self, file: Path, message: str) -> str:
        """Commit the one file; the commit's id, empty where it had not changed.

        Raises:
            NotSureError: git refused.
        """
        ...

    def push(self, file: Path) -> None:
        """Push the current branch of the file's repository.

        Raises:
            NotSureError: git refused.
        """
        ...


class StopRequest(Protocol):
    """Whether a person asked to stop."""

    @property
    def asked(self) -> int:
        """How often."""
        ...

    @property
    def by(self) -> str:
        """By what, such as `SIGINT`."""
        ...


class RampObserver(Protocol):
    """Gets every event in order, in the driver's own thread; must be quick, the driver waits."""

    def saw(self, entry: Entry) -> None:
        """`entry` is in the journal now."""
        ...

    def waits(self, what: str, seconds_left: float | None) -> None:
        """The driver waits for `what`, called about once a second; None where no end is known."""
        ...

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        """The verdict of every gate, about once a second; the journal has what changed."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How long what may take, in seconds."""

    bake: float
    hold: float
    watch: float
    inconclusive: float
    guard_wait: float


@dataclass(frozen=True)
class DriverPorts:
    """Everything the driver acts through."""

    aws: LiveAws
    engine: RampEngine
    clock: RampClock
    journal: Journal
    gates: Sequence[Gate]
    observers: Sequence[RampObserver]
    stop: StopRequest
    next: NextCommands
    """What a person types after the run."""
    traffic: SlotTraffic | None = None
    old_slot: LastRequests | None = None
    git: Git | None = None
    pushes: bool = False
    is_file_ignored: bool = False
    """Whether git ignores the stack file, as a rehearsal's: it needs no commit."""
    known_messages: frozenset[str] = frozenset()
    """The messages of the stack's history when no driver held the lease."""
