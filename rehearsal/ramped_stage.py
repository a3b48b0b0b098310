"""The stages of a ramp, folded from what it tells, each beside the calls that it made to AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from rollout.entry import Entry
from rollout.ramp_event import BakeEnd, SplitReadBack, StageStart, UpdateEnd
from rollout.split import Split

CHANGE_OF_WEIGHTS = "ModifyRule"
_READS = ("Describe", "Get", "List", "Head", "GET", "HEAD")


class CallCounts(Protocol):
    """Counts the requests to the AWS API; `LocalAws` does."""

    def mark(self) -> int:
        """A mark of now."""
        ...

    def calls(self, after: int = 0) -> Mapping[str, int]:
        """How often each operation was asked for since a mark."""
        ...


@dataclass(frozen=True, slots=True)
class RampedStage:
    """One stage that was baked. Times are Unix seconds."""

    before: Split
    split: Split
    began_s: float
    verified_s: float
    ended_s: float
    """When its bake was over."""
    up_seconds: float
    changed: Mapping[str, int]
    """Resources by operation, as the engine counted them."""
    writes: Mapping[str, int]
    """Requests to AWS that change something, by operation, while the stage was set."""

    def problems(self, services: int) -> list[str]:
        """Why it did not change exactly one rule per service."""
        found: list[str] = []
        if dict(self.changed) != {"update": services}:
            found.append(f"the up changed {_words(self.changed)}, not {services} update")
        if dict(self.writes) != {CHANGE_OF_WEIGHTS: services}:
            asked = _words(self.writes)
            found.append(f"AWS was asked for {asked}, not {services} {CHANGE_OF_WEIGHTS}")
        return found


def ramped_stages(
    entries: Iterable[Entry], calls: CallCounts, start: Split
) -> Iterator[RampedStage]:
    """Every stage as its bake ends.

    Args:
        entries: As the ramp tells them, read as they come: the calls are counted meanwhile.
        calls: Of the AWS that it works on.
        start: The split before the first stage.
    """
    before = start
    mark, writes, changed = 0, dict[str, int](), dict[str, int]()
    began_s = verified_s = up_seconds = 0.0
    split: Split | None = None
    for entry in entries:
        match entry.event:
            case StageStart(split=split):
                mark, began_s, verified_s = calls.mark(), entry.at.timestamp(), 0.0
            case UpdateEnd(seconds=up_seconds, changed=counts):
                changed = dict(counts)
            case SplitReadBack():
                writes, verified_s = writes_of(calls.calls(mark)), entry.at.timestamp()
            case BakeEnd() if split is not None and verified_s:
                ended_s = entry.at.timestamp()
                yield RampedStage(
                    before, split, began_s, verified_s, ended_s, up_seconds, changed, writes
                )
                before, split = split, None
            case _:
                pass


def writes_of(calls: Mapping[str, int]) -> dict[str, int]:
    """Those of the operations that change something."""
    return {name: count for name, count in calls.items() if not name.startswith(_READS)}


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"
