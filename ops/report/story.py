"""What happened in a ramp, told by its journal: weights, verdicts and stages over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rollout.entry import Entry, EntryKind
from rollout.progress import BY_HAND, ROLLED_BACK, WHY_BY_HAND
from rollout.split import Slot, Split
from rollout.verdict import Outcome

NOT_OVER = "not over"


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """Something worth a mark on the axis of time."""

    at_s: float
    kind: EntryKind
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a gate said for a while; Unix seconds."""

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
    arrived_seconds: float | None = None
    outcome: str = ""


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
    outcome: str = NOT_OVER
    exit_code: int | None = None
    weights: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """When the candidate's weight was seen live, and what it was."""
    said: dict[str, list[Said]] = field(default_factory=dict[str, list[Said]])
    """Gate -> what it said, in order."""
    rows: list[StageRow] = field(default_factory=list[StageRow])
    moments: list[TimelineMark] = field(default_factory=list[TimelineMark])
    rollback: str = ""
    """Why it went back; empty where it did not."""
    rollback_seconds: float | None = None
    is_undone_by_hand: bool = False
    """Whether a person asked for the rollback: no verdict of the stage that it came in."""
    undoes: bool = False
    """Whether no ramp made the shift that is rolled back."""
    stops: list[float] = field(default_factory=list[float])
    """When a driver that was killed or stopped was last heard of, before the next one went on."""

    @property
    def verdict(self) -> Outcome:
        """How it ended, in the words of a verdict."""
        if self.outcome == "done":
            return Outcome.PASS
        is_back = self.outcome == ROLLED_BACK or bool(self.rollback)
        if self.outcome == BY_HAND:
            return Outcome.INCONCLUSIVE  # no gate and no guard said no
        return Outcome.FAIL if is_back else Outcome.INCONCLUSIVE

    @property
    def turn(self) -> str:
        """What came of turning back, for where `rollback` says why."""
        if self.rollback_seconds is not None:
            return "Rolled back by hand" if self.is_undone_by_hand else "Rolled back"
        return "Refused" if self.outcome == "refused" else "On its way back"

    @property
    def why(self) -> str:
        """What was said to turn back for; empty where a person gave no reason."""
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
    before: Entry | None = None
    for entry in entries:
        if story is not None and entry.kind is EntryKind.ROLLBACK_STARTED and not story.rollback:
            story.is_undone_by_hand = _is_by_hand(story, entry, before)
        before = entry
        if entry.kind is EntryKind.RAMP_STARTED:
            story = _begun(entry)
        elif story is not None:
            if entry.kind is EntryKind.RESUMED:
                story.stops.append(story.ended_s)
                story.outcome, story.exit_code = NOT_OVER, None
            story.ended_s = entry.at.timestamp()
            _tell(story, entry)
    if story is not None:
        _close(story)
    return story


def _is_by_hand(story: Story, entry: Entry, before: Entry | None) -> bool:
    """Whether a person asked for the rollback that `entry` begins.

    A journal of a former version does not say it. There, `failover rollback` begins it at once
    after `before`: when it has resumed a ramp, or with the one stage of a shift by hand, which no
    `up` of its own has made. A gate or a guard has always run something.
    """
    if "by_hand" in entry.facts:
        return bool(entry.facts["by_hand"])
    if before is None or before.kind is EntryKind.RESUMED:
        return True
    return before.kind is EntryKind.VERIFIED and all(row.up_seconds is None for row in story.rows)


def _begun(entry: Entry) -> Story:
    facts: Any = entry.facts
    at_s = entry.at.timestamp()
    candidate, start = Slot(facts["candidate"]), Split.parse(facts["from"])
    return Story(
        ramp=entry.ramp,
        services=list(facts["services"]),
        candidate=candidate,
        start=start,
        stages=list(facts["stages"]),
        by=f"{facts['by']}@{facts['host']}",
        started_s=at_s,
        ended_s=at_s,
        weights=[(at_s, start.weight_of(candidate))],
        undoes=bool(facts.get("undoes")),
    )


def _tell(story: Story, entry: Entry) -> None:
    facts: Any = entry.facts
    at_s = entry.at.timestamp()
    match entry.kind:
        case EntryKind.STAGE_STARTED:
            story.rows.append(StageRow(facts["stage"], facts["split"], at_s))
        case EntryKind.VERDICT:
            said = Said(
                at_s, at_s, Outcome(facts["outcome"]), facts["reason"], int(facts["stage"] or 0)
            )
            story.said.setdefault(facts["gate"], []).append(said)
        case EntryKind.ROLLBACK_STARTED:
            story.rollback = story.rollback or str(facts["why"])
        case EntryKind.ROLLBACK_FINISHED:
            story.rollback_seconds = float(facts["seconds"])
            weight = Split.parse(facts["to"]).weight_of(story.candidate)
            story.weights.append((at_s, weight))
        case EntryKind.RAMP_FINISHED:
            story.outcome, story.exit_code = str(facts["outcome"]), int(facts["exit"])
        case _:
            _tell_of_stage(story, entry, facts, at_s)
    if (text := _marked(entry.kind, facts)) is not None:
        story.moments.append(TimelineMark(at_s, entry.kind, text))


def _tell_of_stage(story: Story, entry: Entry, facts: Any, at_s: float) -> None:
    """What belongs to the stage that began last."""
    row = story.rows[-1] if story.rows else None
    going_up = not story.rollback
    match entry.kind:
        case EntryKind.VERIFIED:
            splits = [Split.parse(text) for text in facts["splits"].values()]
            story.weights += [(at_s, split.weight_of(story.candidate)) for split in splits[:1]]
            if row is not None:
                row.verified_s = at_s
        # What follows the stage's own, such as the end of the floors, is none of it.
        case EntryKind.UP_FINISHED if row is not None and row.verified_s is None and going_up:
            row.up_seconds = (row.up_seconds or 0.0) + float(facts["seconds"])
        case EntryKind.ARRIVED if row is not None:
            row.arrived_seconds = float(facts["seconds"])
        case EntryKind.BAKE_FINISHED if row is not None:
            row.outcome = str(facts["outcome"])
        case _:
            pass


def _marked(kind: EntryKind, facts: Any) -> str | None:
    match kind:
        case EntryKind.STAGE_STARTED:
            return f"stage {facts['stage']}/{facts['of']}: {facts['split']}"
        case EntryKind.ROLLBACK_STARTED:
            return f"rollback to {facts['to']}: {facts['why']}"
        case EntryKind.ROLLBACK_FINISHED:
            return f"back at {facts['to']}"
        case EntryKind.APPROVAL:
            return f"{facts['by']} said {'yes' if facts['approved'] else 'no'}"
        case EntryKind.INTERRUPTED:
            return f"interrupted by {facts['by']}"
        case EntryKind.RESUMED:
            return f"gone on with: {facts['found']}"
        case EntryKind.HOLD_STARTED:
            return f"slot {facts['slot']} is held"
        case EntryKind.WATCH_STARTED:
            return "watching"
        case _:
            return None


def _close(story: Story) -> None:
    """What a gate said holds until it said something else, or nobody asked it any more."""
    story.weights.append((story.ended_s, story.weights[-1][1]))
    for gate, said in story.said.items():
        ends = [each.start_s for each in said[1:]] + [story.ended_s]
        story.said[gate] = _joined(
            replace(each, end_s=min([end_s, *(s for s in story.stops if s >= each.start_s)]))
            for each, end_s in zip(said, ends, strict=True)
        )
    last = story.rows[-1] if story.rows else None
    is_judged = bool(story.rollback) and not story.is_undone_by_hand
    if last is not None and is_judged and last.outcome in ("", "pass"):
        last.outcome = "fail"


def _joined(said: Iterable[Said]) -> list[Said]:
    """What a gate said twice in a row of one stage, as one with the newer reason."""
    joined: list[Said] = []
    for each in said:
        last = joined[-1] if joined else None
        is_same = last is not None and (last.outcome, last.stage) == (each.outcome, each.stage)
        if last is not None and is_same and last.end_s == each.start_s:
            joined[-1] = replace(each, start_s=last.start_s)
        else:
            joined.append(each)
    return joined
