"""The status of a stack at one moment, as values that do not know their source."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from live.cloudwatch import Alarm
from rollout.fleet import Template
from rollout.hidden_rules import HiddenService
from rollout.lease import Lease, LeaseState
from rollout.observation import LiveSlot
from rollout.split import Slot


class Source(enum.StrEnum):
    """Where a value is read."""

    LIVE = "live"
    """AWS, now."""
    CONFIG = "config"
    """The stack file in this folder."""
    STATE = "state"
    """What the last update left, in the stack's state."""
    MAIN = "main"
    """The stack file on git's main branch."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read."""

    what: str
    """A source, or what else is shown: `alarms`, `who ramps`."""
    why: str
    """In words for a person, with what fixes it where that is known."""


@dataclass(frozen=True, slots=True)
class RunningBuild:
    """Instances in service that were launched from the same template."""

    template: Template | None
    image_id: str
    """Empty if unknown."""
    count: int


@dataclass(frozen=True, slots=True)
class SlotStatus:
    """A slot of a service."""

    slot: Slot
    live: LiveSlot | None
    """`None` where AWS could not be read."""
    builds: tuple[RunningBuild, ...]
    """What is in service, the most instances first."""
    images: Mapping[Source, str]
    """The image by where it is read; without the sources that do not have it."""

    @property
    def targets(self) -> Mapping[str, int]:
        """How many targets are in each health state, AWS's words, healthy ones first."""
        if self.live is None:
            return {}
        found = Counter(target.state for target in self.live.targets)
        return {state: found[state] for state in sorted(found, key=lambda s: (s != "healthy", s))}


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A service."""

    name: str
    weights: Mapping[Source, str]
    """The weights, such as `75/25`, by where they are read; a source without it is not in it."""
    rule_arn: str | None
    slots: tuple[SlotStatus, ...]
    has_own_weights: bool
    """Whether the config gives it weights of its own, beside the common ones."""
    conditions: Mapping[Source, str] = field(default_factory=dict[Source, str])
    """Which requests its rule takes, in words, live and in the state; a source may be absent."""


@dataclass(frozen=True, slots=True)
class Ramping:
    """Who holds the lease, and whether the ramp still runs."""

    lease: Lease
    lease_state: LeaseState
    """`HELD`, `DEAD` if its process is gone, `EXPIRED` if that is unknown."""


@dataclass(frozen=True, slots=True)
class MainBranch:
    """What main was read from."""

    ref: str
    """`origin/main`, as of the last fetch, or `main`."""
    commit: str
    """Its short id."""


@dataclass(frozen=True, slots=True)
class Status:
    """How one stack stands."""

    stack: str
    at: datetime
    region: str | None
    sources: frozenset[Source]
    """What could be read; a source that has nothing of a service was read all the same."""
    services: tuple[ServiceStatus, ...]
    """In order of their names."""
    alarms: tuple[Alarm, ...] | None
    """`None` where they could not be read."""
    ramping: Ramping | None
    main: MainBranch | None
    notes: tuple[str, ...]
    """What the config sets for a time: override, candidate, freeze."""
    unread: tuple[Unread, ...]
    is_deployed: bool
    """Whether the stack has services; false too where its state could not be read."""
    hidden: tuple[HiddenService, ...] = ()
    """The services that get no request, since another rule takes all of theirs."""
    is_local: bool = False
    """Whether git ignores the stack file, as a rehearsal's: main then has none to compare."""

    @property
    def compared(self) -> tuple[Source, ...]:
        """The sources that should agree."""
        return tuple(each for each in Source if each is not Source.MAIN or not self.is_local)

    @property
    def missing(self) -> tuple[str, ...]:
        """What could not be read, each once: sources, and what else is shown."""
        return tuple(dict.fromkeys(each.what for each in self.unread))


class UnreadError(Exception):
    """One of the sources cannot be read; the text has the reason, for a person."""
