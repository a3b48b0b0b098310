"""All that the view shows at one moment: folded from entries, verdicts and traffic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ops.journal.lines import described
from ops.traffic.answer import SlotAnswer, SlotStream
from probe.record.line import RequestOutcome
from rollout.command import UP
from rollout.entry import Entry
from rollout.ramp_event import (
    BakeEnd,
    ConfigChange,
    EngineLine,
    GateVerdict,
    RampEnd,
    RampOutcome,
    RampStart,
    Resumption,
    RollbackEnd,
    RollbackStart,
    SplitReadBack,
    StackFileCommit,
    StageStart,
    UpdateEnd,
    UpdateStart,
)
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from rollout.verdict import Outcome, Verdict

Side = Slot | None
"""A slot, or None for what no slot signed."""


@dataclass(slots=True)
class Second:
    """What ended in one second."""

    users: dict[Side, int] = field(default_factory=dict[Side, int])
    """Requests of the users' kind, by the slot that answered."""
    requests: dict[Side, int] = field(default_factory=dict[Side, int])
    """Requests of all kinds, by the slot that they count for."""
    failed: dict[Side, int] = field(default_factory=dict[Side, int])
    latencies_ms: dict[Side, list[float]] = field(default_factory=dict[Side, list[float]])

    def add(self, answer: SlotAnswer) -> None:
        """Count an answer that is evidence of the target."""
        side = answer.attributed
        self.requests[side] = self.requests.get(side, 0) + 1
        if answer.stream is SlotStream.USERS:
            self.users[answer.slot] = self.users.get(answer.slot, 0) + 1
        if answer.verdict is RequestOutcome.FAILED:
            self.failed[side] = self.failed.get(side, 0) + 1
        if answer.latency_ms is not None:
            self.latencies_ms.setdefault(side, []).append(answer.latency_ms)

    @property
    def lost(self) -> int:
        """Requests that failed, whoever was asked."""
        return sum(self.failed.values())


KEPT_SECONDS = 200
KEPT_NOTES = 40
_UNNOTED = EngineLine | ConfigChange | GateVerdict | RampStart


@dataclass(slots=True)
class ViewState:
    """One ramp as far as it is known."""

    services: tuple[str, ...] = ()
    stack: StackIdentity | None = None
    """Whose rules it moves; `None` where the journal is of a version that did not record it."""
    candidate: Slot = Slot.SECOND
    start: Split = field(default_factory=lambda: Split(100, 0))
    live: Split | None = None
    """The split that was read back last."""
    stages: tuple[int, ...] = ()
    stage: int = 0
    """The stage that began last; 0 before the first."""
    passed: int = 0
    """The newest stage that was left with a pass."""
    doing: str = "starting"
    seconds_left: float | None = None
    whole_seconds: float | None = None
    """The length of the wait that `seconds_left` is of."""
    engine_line: str = ""
    going_back: str = ""
    """Why the ramp goes back; empty while it goes on."""
    is_by_hand: bool = False
    """Whether a person asked to go back."""
    outcome: RampOutcome | None = None
    commit_to_make: str = ""
    """The command that keeps the newest split in git, where the ramp does not."""
    began_s: float = 0.0
    verdicts: tuple[Verdict, ...] = ()
    traffic: dict[int, Second] = field(default_factory=dict[int, Second])
    notes: list[str] = field(default_factory=list[str])

    @property
    def splits(self) -> list[Split]:
        """The start and every stage."""
        shifted = [self.start.shifted_to(self.candidate, weight) for weight in self.stages]
        return [self.start, *shifted]

    def saw(self, entry: Entry) -> None:
        """Take what happened."""
        match entry.event:
            case RampStart() as start:
                self._begin(start, entry.at.timestamp())
            case StageStart(stage=stage, of=of):
                self.stage, self.doing = stage, f"stage {stage}/{of}"
            case SplitReadBack(splits=splits):
                self.live = next(iter(splits.values()))
            case BakeEnd(stage=stage, outcome=Outcome.PASS):
                self.passed = max(self.passed, stage)
            case UpdateStart():
                self.doing, self.seconds_left, self.engine_line = str(UP), None, ""
            case EngineLine(line=line):
                self.engine_line = line.strip()
            case UpdateEnd():
                self.engine_line = ""
            case RollbackStart(why=why, by_hand=by_hand) if not self.going_back:
                self.going_back, self.is_by_hand = why, bool(by_hand)
            case StackFileCommit(commit=commit):
                self.commit_to_make = "" if commit else described(entry.event)
            case RollbackEnd(to=to):
                self.live = to
            case Resumption():
                self.outcome, self.doing = None, "starting"
            case RampEnd(outcome=outcome):
                self.outcome, self.doing, self.seconds_left = outcome, "over", None
            case _:
                pass
        self._note(entry)

    def waits(self, what: str, seconds_left: float | None) -> None:
        """Take what is waited for."""
        if what != self.doing or seconds_left is None:
            self.whole_seconds = seconds_left
        elif self.whole_seconds is not None:
            self.whole_seconds = max(self.whole_seconds, seconds_left)
        self.doing, self.seconds_left = what, seconds_left

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        """Take the current verdicts of the gates."""
        self.verdicts = tuple(verdicts)

    def _begin(self, start: RampStart, at_s: float) -> None:
        self.services = start.services
        self.stack = start.stack
        self.candidate = start.candidate
        self.start = self.live = start.start
        self.stages = start.weights
        self.began_s = at_s

    def _note(self, entry: Entry) -> None:
        text = "" if isinstance(entry.event, _UNNOTED) else described(entry.event)
        if text:
            self.notes.append(f"{entry.at.astimezone():%H:%M:%S}  {text}")
            del self.notes[:-KEPT_NOTES]


def counted(seconds: dict[int, Second], answers: Iterable[SlotAnswer], kept: int) -> None:
    """Count answers into their seconds; only the newest `kept` seconds stay."""
    for answer in answers:
        if answer.verdict is not RequestOutcome.EXCLUDED:
            seconds.setdefault(int(answer.ended_s), Second()).add(answer)
    if seconds:
        oldest = max(seconds) - kept
        for at in [at for at in seconds if at <= oldest]:
            del seconds[at]
