"""The stages of a ramp, folded from what it tells, each beside the calls that it made to AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from rollout.entry import Entry, EntryKind
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
    opened: Entry | None = None
    finished: Entry | None = None
    verified: Entry | None = None
    mark, writes = 0, dict[str, int]()
    for entry in entries:
        match entry.kind:
            case EntryKind.STAGE_STARTED:
                mark, opened = calls.mark(), entry
            case EntryKind.UP_FINISHED:
                finished = entry
            case EntryKind.VERIFIED:
                writes, verified = writes_of(calls.calls(mark)), entry
            case EntryKind.BAKE_FINISHED if opened and finished and verified:
                stage = _stage(before, writes, opened, finished, verified, entry)
                yield stage
                before, opened = stage.split, None
            case _:
                pass


def _stage(
    before: Split,
    writes: Mapping[str, int],
    opened: Entry,
    finished: Entry,
    verified: Entry,
    baked: Entry,
) -> RampedStage:
    return RampedStage(
        before=before,
        split=Split.parse(str(opened.facts["split"])),
        began_s=opened.at.timestamp(),
        verified_s=verified.at.timestamp(),
        ended_s=baked.at.timestamp(),
        up_seconds=float(cast("float", finished.facts["seconds"])),
        changed=cast("Mapping[str, int]", finished.facts["changed"]),
        writes=writes,
    )


def writes_of(calls: Mapping[str, int]) -> dict[str, int]:
    """Those of the operations that change something."""
    return {name: count for name, count in calls.items() if not name.startswith(_READS)}


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"
