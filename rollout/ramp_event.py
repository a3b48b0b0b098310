"""What happens in a ramp: one frozen dataclass per kind of event.

A field is a fact of the event's line in the journal. Its metadata has the fact's name, where that
differs.
Seconds are numbers. `stage` counts from 1; 0 is the time before the first stage. A field with a
default is a fact that a journal of an earlier version lacks.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, TypeAlias

from rollout.lease import LeaseHolder
from rollout.plan import RampPlan, Stage
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from rollout.verdict import EvidenceWindow, Number, Outcome, Verdict

FACT = "fact"
"""Where a field's metadata has the name of its fact."""
CountsBySlot: TypeAlias = Mapping[str, Mapping[Slot, int]]
"""Instances by service and slot."""
ConfigValues: TypeAlias = Mapping[str, tuple[str | None, str | None]]
"""The old and the new value by config path; None where there is none."""


class RampOutcome(enum.StrEnum):
    """How a ramp ended."""

    DONE = "done"
    """The candidate has its last weight, and the watch time passed."""
    ROLLED_BACK = "rolled back"
    """A gate or a guard sent it back."""
    ROLLED_BACK_BY_HAND = "rolled back by hand"
    """A person sent it back."""
    REFUSED = "refused"
    """A gate or a guard refused it before any weight moved."""

    @property
    def went_back(self) -> bool:
        """Whether the candidate has no more weight than before the ramp."""
        return self is not RampOutcome.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class RampStart:
    """A ramp begins."""

    kind: ClassVar = "ramp-started"
    services: tuple[str, ...]
    start: Split = field(metadata={FACT: "from"})
    target: Split = field(metadata={FACT: "to"})
    candidate: Slot
    weights: tuple[int, ...] = field(metadata={FACT: "stages"})
    """The candidate's weight in each stage."""
    by: str
    host: str
    pid: int
    until: datetime
    """When the lease ends."""
    counts: CountsBySlot
    """Instances that each slot wants before the ramp."""
    fleets: Mapping[str, int]
    """Instances that carry each service before the ramp."""
    stack: StackIdentity | None = None
    """The stack whose rules it moves."""
    undoes: bool = False
    """Whether no ramp made the shift to the one stage, which is recorded only to be undone."""

    @classmethod
    def of(
        cls,
        plan: RampPlan,
        holder: LeaseHolder,
        until: datetime,
        counts: CountsBySlot,
        fleets: Mapping[str, int],
        stack: StackIdentity | None = None,
        *,
        undoes: bool = False,
    ) -> RampStart:
        """The start of `plan`."""
        return cls(
            services=plan.services,
            start=plan.start,
            target=plan.target,
            candidate=plan.candidate,
            weights=plan.weights,
            by=holder.by,
            host=holder.host,
            pid=holder.pid,
            until=until,
            counts=counts,
            fleets=fleets,
            stack=stack,
            undoes=undoes,
        )

    @property
    def plan(self) -> RampPlan:
        """The plan of the ramp."""
        return RampPlan(self.services, self.candidate, self.start, self.weights)

    @property
    def holder(self) -> LeaseHolder:
        """The driver that began it."""
        return LeaseHolder(self.by, self.host, self.pid)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityChange:
    """The floors are set, or removed with the lease."""

    kind: ClassVar = "capacity"
    stage: int
    floors: CountsBySlot
    """Empty where they are removed."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStart:
    """The weights of a stage are about to be set."""

    kind: ClassVar = "stage-started"
    stage: int
    of: int
    split: Split

    @classmethod
    def at(cls, stage: Stage) -> StageStart:
        """The start of `stage`."""
        return cls(stage=stage.number, of=stage.of, split=stage.split)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChange:
    """The stack file is about to get values."""

    kind: ClassVar = "config-changed"
    changes: ConfigValues


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStart:
    """A `pulumi up` began."""

    kind: ClassVar = "up-started"
    message: str
    pid: int | None
    """The CLI's process; None where it ended at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLine:
    """The engine wrote a line."""

    kind: ClassVar = "up-said"
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateEnd:
    """A `pulumi up` ended."""

    kind: ClassVar = "up-finished"
    seconds: float
    changed: Mapping[str, int]
    """Resources by operation."""
    error: str
    """What the engine wrote; empty where it ended well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitReadBack:
    """The live rules have the split of a stage."""

    kind: ClassVar = "verified"
    stage: int
    splits: Mapping[str, Split]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPropagation:
    """The answers to the ramp's own requests are those of the new split."""

    kind: ClassVar = "arrived"
    stage: int
    requests: int
    observed: Mapping[str, str]
    """Answers of the candidate and of both slots by service, such as `6/40`; empty without a
    prober."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """A gate has another verdict than before, or a stage passes by this one."""

    kind: ClassVar = "verdict"
    stage: int
    gate: str
    outcome: Outcome
    reason: str
    numbers: Mapping[str, Number]
    window: EvidenceWindow | None

    @classmethod
    def of(cls, stage: int, verdict: Verdict) -> GateVerdict:
        """`verdict` in a stage."""
        return cls(
            stage=stage,
            gate=verdict.gate,
            outcome=verdict.outcome,
            reason=verdict.reason,
            numbers=verdict.numbers,
            window=verdict.window,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BakeStart:
    """The gates begin to judge a stage; stage 0 is before any weight moves."""

    kind: ClassVar = "bake-started"
    stage: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BakeEnd:
    """The gates let a stage pass."""

    kind: ClassVar = "bake-finished"
    stage: int
    seconds: float
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStart:
    """The old slot, at weight 0, is kept until it has had no request for a time."""

    kind: ClassVar = "hold-started"
    seconds: float
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnd:
    """The old slot had no request for the hold time."""

    kind: ClassVar = "hold-finished"
    seconds: float
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchStart:
    """The gates begin to judge the cutover."""

    kind: ClassVar = "watch-started"
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEnd:
    """The gates judged to the end of the watch time."""

    kind: ClassVar = "watch-finished"
    seconds: float
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackStart:
    """The ramp goes back."""

    kind: ClassVar = "rollback-started"
    why: str
    to: Split
    by_hand: bool | None = None
    """Whether a person asked for it; None where an earlier version did not record it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackEnd:
    """The live rules are back."""

    kind: ClassVar = "rollback-finished"
    to: Split
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFileCommit:
    """The stack file was committed, or is to be committed by hand."""

    kind: ClassVar = "commit"
    message: str
    file: str
    commit: str
    """Empty where no commit was made."""
    pushed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RampInterruption:
    """The driver stops before the ramp is over."""

    kind: ClassVar = "interrupted"
    by: str
    """A signal, or why the driver cannot continue."""
    next: str
    """What to type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """A driver continues a ramp that did not end."""

    kind: ClassVar = "resumed"
    found: str
    """Where the ramp is, in words."""
    by: str
    host: str
    pid: int
    until: datetime
    to_go_back: bool = False
    """Whether it continues only to go back: a person asked for it."""

    @classmethod
    def of(
        cls, found: str, holder: LeaseHolder, until: datetime, *, to_go_back: bool = False
    ) -> Resumption:
        """That `holder` continues from `found`."""
        return cls(
            found=found,
            by=holder.by,
            host=holder.host,
            pid=holder.pid,
            until=until,
            to_go_back=to_go_back,
        )

    @property
    def holder(self) -> LeaseHolder:
        """The driver that continues."""
        return LeaseHolder(self.by, self.host, self.pid)


@dataclass(frozen=True, slots=True, kw_only=True)
class RampEnd:
    """The ramp is over."""

    kind: ClassVar = "ramp-finished"
    outcome: RampOutcome
    exit_code: int = field(metadata={FACT: "exit"})


RampEvent: TypeAlias = (
    RampStart
    | CapacityChange
    | StageStart
    | ConfigChange
    | UpdateStart
    | EngineLine
    | UpdateEnd
    | SplitReadBack
    | SplitPropagation
    | GateVerdict
    | BakeStart
    | BakeEnd
    | HoldStart
    | HoldEnd
    | WatchStart
    | WatchEnd
    | RollbackStart
    | RollbackEnd
    | StackFileCommit
    | RampInterruption
    | Resumption
    | RampEnd
)
