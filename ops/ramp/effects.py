"""What the driver acts through; a test gives fakes, a command the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from rollout.split import Slot, Split


@dataclass(frozen=True, slots=True)
class RampSlot:
    """One slot of one service, as AWS has it."""

    healthy: int
    """Targets that pass their health checks."""
    desired: int
    largest: int
    """The max of its Auto Scaling group."""
    has_group: bool = True
    """Whether a single Auto Scaling group serves it; without one both numbers are 0."""
    outdated: int = 0
    """Instances in service that run something else than their group launches now: a release that
    is not done."""


@dataclass(frozen=True, slots=True)
class RampService:
    """One service, as AWS has it."""

    split: Split
    slots: Mapping[Slot, RampSlot]


class LiveAws(Protocol):
    """The live stack."""

    def splits(self) -> Mapping[str, Split]:
        """The split of every service's rule, in one request.

        Raises:
            AwsError: AWS cannot be read.
            NotSureError: a rule's weights are no split.
        """
        ...

    def services(self) -> Mapping[str, RampService]:
        """Rules, targets and groups of every service.

        Raises:
            AwsError: AWS cannot be read.
            NotSureError: a rule's weights are no split.
        """
        ...


class EndedUpdate(Protocol):
    """What came of an update."""

    @property
    def seconds(self) -> float:
        """What it took."""
        ...

    @property
    def changed(self) -> Mapping[str, int]:
        """How many resources, by operation."""
        ...

    @property
    def error(self) -> str:
        """Empty, or the engine's own words."""
        ...

    @property
    def is_locked(self) -> bool:
        """Whether another update holds the stack."""
        ...

    @property
    def is_refused(self) -> bool:
        """Whether the guards refused it."""
        ...


class Update(Protocol):
    """A `pulumi up` that runs."""

    @property
    def pid(self) -> int | None:
        """The CLI's process while it runs."""
        ...

    def said(self) -> Sequence[str]:
        """The lines it has written since the last call."""
        ...

    def poll(self) -> EndedUpdate | None:
        """What came of it; None while it runs."""
        ...

    def interrupt(self) -> None:
        """Ask it to end after the operations that run."""
        ...


class PastUpdate(Protocol):
    """One update of the stack's history."""

    @property
    def message(self) -> str:
        """What it was for."""
        ...

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        ...

    @property
    def config(self) -> Mapping[str, str]:
        """The config it ran with."""
        ...

    @property
    def at(self) -> datetime:
        """When it began, by the clock of whoever ran it."""
        ...

    @property
    def ended(self) -> datetime | None:
        """When it ended, by the same clock."""
        ...

    @property
    def is_first(self) -> bool:
        """Whether it is known to be the stack's first update."""
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
        """Begin an update; a way back without the policy pack, and at full priority."""
        ...

    def history(self) -> Sequence[PastUpdate]:
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
    """Which slots answer, as requests of our own see it."""

    def slots_that_answered(self, service: str, since_s: float) -> Sequence[Slot]:
        """Who answered requests of the users' kind that left since then, the oldest first.

        `since_s` is in Unix seconds.
        """
        ...


class OldSlot(Protocol):
    """Who still asks the slot that was lowered to 0."""

    def last_request(self, slot: Slot) -> datetime | None:
        """When any service's `slot` last got one; None when none is known of."""
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


class Stop(Protocol):
    """Whether a person asked to stop."""

    @property
    def asked(self) -> int:
        """How often."""
        ...

    @property
    def by(self) -> str:
        """By what, such as `SIGINT`."""
        ...
