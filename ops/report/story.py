"""What happened in a ramp, folded from its journal: weights, verdicts and stages over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rollout.entry import Entry
from rollout.progress import WHY_BY_HAND
from rollout.ramp_event import (
    BakeEnd,
    GateVerdict,
    HoldStart,
    RampEnd,
    RampEvent,
    RampInterruption,
    RampOutcome,
    RampStart,
    Resumption,
    RollbackEnd,
    RollbackStart,
    SplitPropagation,
    SplitReadBack,
    StageStart,
    UpdateEnd,
    WatchStart,
)
from rollout.split import Slot, Split
from rollout.verdict import Outcome

NOT_OVER = "not over"


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """Something worth a mark on the axis of time."""

    at_s: float
    kind: str
    """Of the entry, such as `stage-started`."""
    text: str


@dataclass(frozen=True, slots=True)
class VerdictPeriod:
    """A verdict that a gate had for a while; Unix seconds."""

    start_s: float
    end_s: float
    outcome: Outcome
    reason: str
    stage: int


@dataclass(slots=True)
class StageRow:
    """One stage, as far as it got."""

    number: int
    split: str
    started_s: float
    up_seconds: float | None = None
    verified_s: float | None = None
    propagation_seconds: float | None = None
    outcome: Outcome | None = None


@dataclass(slots=True)
class Story:
    """One ramp."""

    ramp: str
    services: list[str]
    candidate: Slot
    start: Split
    stages: list[int]
    by: str
    started_s: float
    ended_s: float
    ending: RampOutcome | None = None
    """None while it is not over."""
    exit_code: int | None = None
    weights: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """When the candidate's weight was seen live, and what it was."""
    verdicts: dict[str, list[VerdictPeriod]] = field(default_factory=dict[str, list[VerdictPeriod]])
    """Gate -> its verdicts, in order."""
    rows: list[StageRow] = field(default_factory=list[StageRow])
    marks: list[TimelineMark] = field(default_factory=list[TimelineMark])
    rollback: str = ""
    """Why it went back; empty where it did not."""
    rollback_seconds: float | None = None
    is_undone_by_hand: bool = False
    """Whether a person asked for the rollback: no verdict of the stage that it came in."""
    undoes: bool = False
    """Whether no ramp made the shift that is rolled back."""
    stops: list[float] = field(default_factory=list[float])
    """When each driver that was killed or stopped wrote its last entry."""

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        return self.ending or NOT_OVER

    @property
    def verdict(self) -> Outcome:
        """How it ended, as a verdict."""
        match self.ending:
            case RampOutcome.DONE:
                return Outcome.PASS
            case RampOutcome.ROLLED_BACK_BY_HAND:
                return Outcome.INCONCLUSIVE  # no gate and no guard failed
            case RampOutcome.ROLLED_BACK:
                return Outcome.FAIL
            case _:
                return Outcome.FAIL if self.rollback else Outcome.INCONCLUSIVE

    @property
    def turn(self) -> str:
        """The result of the rollback; `rollback` has the reason."""
        if self.rollback_seconds is not None:
            return "Rolled back by hand" if self.is_undone_by_hand else "Rolled back"
        return "Refused" if self.ending is RampOutcome.REFUSED else "On its way back"

    @property
    def why(self) -> str:
        """Why it turned back; empty where a person gave no reason."""
        return "" if self.rollback == WHY_BY_HAND else self.rollback

    @property
    def path(self) -> str:
        """What it did to the weights, in words."""
        path = " → ".join(map(str, self.stages))
        if self.undoes:
            return f"slot {self.candidate}, shifted to {path} by no ramp, back to {self.start}"
        return f"slot {self.candidate} from {self.start} through {path}"

    @property
    def group(self) -> str:
        """The services, as messages name them."""
        return "+".join(self.services)


def story_of(entries: Sequence[Entry]) -> Story | None:
    """The story of one ramp's entries; None where they do not begin one."""
    story: Story | None = None
    before: RampEvent | None = None
    for entry in entries:
        event, at_s = entry.event, entry.at.timestamp()
        if isinstance(event, RampStart):
            story = _begun(entry.ramp, event, at_s)
        elif story is not None:
            if isinstance(event, RollbackStart) and not story.rollback:
                story.is_undone_by_hand = _is_by_hand(story, event, before)
            if isinstance(event, Resumption):
                story.stops.append(story.ended_s)
                story.ending, story.exit_code = None, None
            story.ended_s = at_s
            _take(story, event, at_s)
            if (text := _mark_text(event)) is not None:
                story.marks.append(TimelineMark(at_s, event.kind, text))
        before = event
    if story is not None:
        _close(story)
    return story


def _is_by_hand(story: Story, rollback: RollbackStart, before: RampEvent | None) -> bool:
    """Whether a person asked for the rollback.

    A journal of an earlier version does not record it. There, `failover rollback` begins it at once
    after `before`: when it has resumed a ramp, or with the one stage of a shift by hand, which no
    `up` of its own has made. A gate or a guard has always run something.
    """
    if rollback.by_hand is not None:
        return rollback.by_hand
    if before is None or isinstance(before, Resumption):
        return True
    is_read_back = isinstance(before, SplitReadBack)
    return is_read_back and all(row.up_seconds is None for row in story.rows)


def _begun(ramp: str, start: RampStart, at_s: float) -> Story:
    return Story(
        ramp=ramp,
        services=list(start.services),
        candidate=start.candidate,
        start=start.start,
        stages=list(start.weights),
        by=f"{start.by}@{start.host}",
        started_s=at_s,
        ended_s=at_s,
        weights=[(at_s, start.start.weight_of(start.candidate))],
        undoes=start.undoes,
    )


def _take(story: Story, event: RampEvent, at_s: float) -> None:
    match event:
        case StageStart(stage=stage, split=split):
            story.rows.append(StageRow(stage, str(split), at_s))
        case GateVerdict(stage=stage, gate=gate, outcome=outcome, reason=reason):
            period = VerdictPeriod(at_s, at_s, outcome, reason, stage)
            story.verdicts.setdefault(gate, []).append(period)
        case RollbackStart(why=why):
            story.rollback = story.rollback or why
        case RollbackEnd(to=to, seconds=seconds):
            story.rollback_seconds = seconds
            story.weights.append((at_s, to.weight_of(story.candidate)))
        case RampEnd(outcome=outcome, exit_code=exit_code):
            story.ending, story.exit_code = outcome, exit_code
        case SplitReadBack(splits=splits):
            story.weights += [
                (at_s, split.weight_of(story.candidate)) for split in [*splits.values()][:1]
            ]
            if story.rows:
                story.rows[-1].verified_s = at_s
        case _:
            if story.rows:
                _take_of_stage(story, story.rows[-1], event)


def _take_of_stage(story: Story, row: StageRow, event: RampEvent) -> None:
    """What belongs to the stage that began last."""
    match event:
        # What follows the stage's own, such as the end of the floors, is none of it.
        case UpdateEnd(seconds=seconds) if row.verified_s is None and not story.rollback:
            row.up_seconds = (row.up_seconds or 0.0) + seconds
        case SplitPropagation(seconds=seconds):
            row.propagation_seconds = seconds
        case BakeEnd(outcome=outcome):
            row.outcome = outcome
        case _:
            pass


def _mark_text(event: RampEvent) -> str | None:
    match event:
        case StageStart(stage=stage, of=of, split=split):
            return f"stage {stage}/{of}: {split}"
        case RollbackStart(to=to, why=why):
            return f"rollback to {to}: {why}"
        case RollbackEnd(to=to):
            return f"back at {to}"
        case RampInterruption(by=by):
            return f"interrupted by {by}"
        case Resumption(found=found):
            return f"resumed: {found}"
        case HoldStart(slot=slot):
            return f"slot {slot} is held"
        case WatchStart():
            return "watching"
        case _:
            return None


def _close(story: Story) -> None:
    """A verdict holds until the gate has another one, or until no driver asks the gate any more."""
    story.weights.append((story.ended_s, story.weights[-1][1]))
    for gate, verdicts in story.verdicts.items():
        ends = [each.start_s for each in verdicts[1:]] + [story.ended_s]
        story.verdicts[gate] = _merged(
            replace(each, end_s=min([end_s, *(s for s in story.stops if s >= each.start_s)]))
            for each, end_s in zip(verdicts, ends, strict=True)
        )
    last = story.rows[-1] if story.rows else None
    is_judged = bool(story.rollback) and not story.is_undone_by_hand
    if last is not None and is_judged and last.outcome in (None, Outcome.PASS):
        last.outcome = Outcome.FAIL


def _merged(verdicts: Iterable[VerdictPeriod]) -> list[VerdictPeriod]:
    """The same verdict twice in a row in one stage, as one with the newer reason."""
    merged: list[VerdictPeriod] = []
    for each in verdicts:
        last = merged[-1] if merged else None
        is_same = last is not None and (last.outcome, last.stage) == (each.outcome, each.stage)
        if last is not None and is_same and last.end_s == each.start_s:
            merged[-1] = replace(each, start_s=last.start_s)
        else:
            merged.append(each)
    return merged
