"""All that the view shows at one moment: folded from entries, verdicts and traffic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.ramp.lines import described
from ops.view.second import Second
from rollout.command import UP
from rollout.entry import Entry, EntryKind
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from rollout.verdict import Verdict

KEPT_SECONDS = 200
KEPT_NOTES = 40
_NOTED = frozenset(EntryKind) - {
    EntryKind.UP_SAID,
    EntryKind.CONFIG_CHANGED,
    EntryKind.VERDICT,
    EntryKind.RAMP_STARTED,
}


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
    engine_says: str = ""
    going_back: str = ""
    """Why the ramp goes back; empty while it goes on."""
    is_by_hand: bool = False
    """Whether a person asked to go back."""
    outcome: str = ""
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
        facts: Any = entry.facts
        match entry.kind:
            case EntryKind.RAMP_STARTED:
                self._begin(entry, facts)
            case EntryKind.STAGE_STARTED:
                self.stage = int(facts["stage"])
                self.doing = f"stage {facts['stage']}/{facts['of']}"
            case EntryKind.VERIFIED:
                self.live = Split.parse(next(iter(facts["splits"].values())))
            case EntryKind.BAKE_FINISHED if facts["outcome"] == "pass":
                self.passed = max(self.passed, int(facts["stage"] or 0))
            case EntryKind.UP_STARTED:
                self.doing, self.seconds_left, self.engine_says = str(UP), None, ""
            case EntryKind.UP_SAID:
                self.engine_says = str(facts["line"]).strip()
            case EntryKind.UP_FINISHED:
                self.engine_says = ""
            case EntryKind.ROLLBACK_STARTED:
                if not self.going_back:
                    self.going_back = str(facts["why"])
                    self.is_by_hand = bool(facts.get("by_hand"))
            case EntryKind.COMMIT:
                self.commit_to_make = "" if facts["commit"] else described(entry)
            case EntryKind.ROLLBACK_FINISHED:
                self.live = Split.parse(facts["to"])
            case EntryKind.RESUMED:
                self.outcome, self.doing = "", "starting"
            case EntryKind.RAMP_FINISHED:
                self.outcome, self.doing, self.seconds_left = str(facts["outcome"]), "over", None
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
        """Take what the gates say now."""
        self.verdicts = tuple(verdicts)

    def _begin(self, entry: Entry, facts: Any) -> None:
        self.services = tuple(facts["services"])
        self.stack = StackIdentity.parse(facts.get("stack"))
        self.candidate = Slot(facts["candidate"])
        self.start = self.live = Split.parse(facts["from"])
        self.stages = tuple(int(weight) for weight in facts["stages"])
        self.began_s = entry.at.timestamp()

    def _note(self, entry: Entry) -> None:
        text = described(entry) if entry.kind in _NOTED else ""
        if text:
            self.notes.append(f"{entry.at.astimezone():%H:%M:%S}  {text}")
            del self.notes[:-KEPT_NOTES]
