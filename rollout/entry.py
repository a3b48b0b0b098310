"""One entry of a ramp's journal: what happened, when, and the evidence."""

from __future__ import annotations

import datetime
import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from rollout.errors import EntryError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What a fact may be."""


class EntryKind(enum.StrEnum):
    """What an entry tells of."""

    RAMP_STARTED = "ramp-started"
    CAPACITY = "capacity"
    STAGE_STARTED = "stage-started"
    CONFIG_CHANGED = "config-changed"
    UP_STARTED = "up-started"
    UP_SAID = "up-said"
    UP_FINISHED = "up-finished"
    VERIFIED = "verified"
    ARRIVED = "arrived"
    VERDICT = "verdict"
    APPROVAL = "approval"
    BAKE_STARTED = "bake-started"
    BAKE_FINISHED = "bake-finished"
    HOLD_STARTED = "hold-started"
    HOLD_FINISHED = "hold-finished"
    WATCH_STARTED = "watch-started"
    WATCH_FINISHED = "watch-finished"
    ROLLBACK_STARTED = "rollback-started"
    ROLLBACK_FINISHED = "rollback-finished"
    COMMIT = "commit"
    INTERRUPTED = "interrupted"
    RESUMED = "resumed"
    RAMP_FINISHED = "ramp-finished"


FIELDS: Mapping[EntryKind, frozenset[str]] = {
    EntryKind.RAMP_STARTED: frozenset(
        {
            *("services", "from", "to", "candidate", "stages"),
            *("by", "host", "pid", "until", "counts", "fleets"),
        }
    ),
    EntryKind.CAPACITY: frozenset({"stage", "floors", "why"}),
    EntryKind.STAGE_STARTED: frozenset({"stage", "of", "split"}),
    EntryKind.CONFIG_CHANGED: frozenset({"changes"}),
    EntryKind.UP_STARTED: frozenset({"message", "pid"}),
    EntryKind.UP_SAID: frozenset({"line"}),
    EntryKind.UP_FINISHED: frozenset({"seconds", "changed", "error"}),
    EntryKind.VERIFIED: frozenset({"stage", "splits"}),
    EntryKind.ARRIVED: frozenset({"stage", "requests", "observed", "seconds"}),
    EntryKind.VERDICT: frozenset({"stage", "gate", "outcome", "reason", "numbers", "window"}),
    EntryKind.APPROVAL: frozenset({"stage", "approved", "by"}),
    EntryKind.BAKE_STARTED: frozenset({"stage", "seconds"}),
    EntryKind.BAKE_FINISHED: frozenset({"stage", "seconds", "outcome"}),
    EntryKind.HOLD_STARTED: frozenset({"seconds", "slot"}),
    EntryKind.HOLD_FINISHED: frozenset({"seconds", "requests"}),
    EntryKind.WATCH_STARTED: frozenset({"seconds"}),
    EntryKind.WATCH_FINISHED: frozenset({"seconds", "outcome"}),
    EntryKind.ROLLBACK_STARTED: frozenset({"why", "to"}),
    EntryKind.ROLLBACK_FINISHED: frozenset({"to", "seconds"}),
    EntryKind.COMMIT: frozenset({"message", "file", "commit", "pushed"}),
    EntryKind.INTERRUPTED: frozenset({"by", "next"}),
    EntryKind.RESUMED: frozenset({"found", "by", "host", "pid", "until"}),
    EntryKind.RAMP_FINISHED: frozenset({"outcome", "exit"}),
}
"""The facts of each kind, all of them always there.

Splits are texts such as `75/25`; `splits`, `fleets`, `counts` and `floors` are maps by service, the
latter two then by slot. `stage` counts from 1, and 0 is what came before the first one. `stages`
are the weights of the candidate. Seconds are numbers. `changed` counts the resources an `up`
changed, by operation; `error` is empty, or what the engine said. `changes` maps a config path to
`[old, new]`. `outcome` of a verdict or a bake is `pass`, `fail` or `inconclusive`; of a ramp
`done`, `rolled back`, `rolled back by hand`, `refused`, `stopped` or `not sure`. `until` is a time
like `at`.
"""

OPTIONAL: Mapping[EntryKind, frozenset[str]] = {
    EntryKind.RAMP_STARTED: frozenset({"stack", "undoes"}),
    EntryKind.RESUMED: frozenset({"to_go_back"}),
    EntryKind.ROLLBACK_STARTED: frozenset({"by_hand"}),
}
"""Facts that a journal of a former version lacks. `stack` is a `StackIdentity` as a document.

`undoes`: no ramp made the shift to the one stage, which is written down only to be undone.
`to_go_back`: a person asked for the rollback that follows. `by_hand`: one asked for this rollback.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened at one moment of one ramp.

    Raises:
        EntryError: `facts` are not those that `FIELDS` and `OPTIONAL` name for `kind`.
    """

    at: datetime.datetime
    """In UTC; kept to the millisecond."""
    ramp: str
    """The ramp's id, such as `20261121T090000Z-4711`: when it began, and the process."""
    kind: EntryKind
    facts: Mapping[str, Json]

    def __post_init__(self) -> None:
        odd = (FIELDS[self.kind] ^ set(self.facts)) - OPTIONAL.get(self.kind, frozenset())
        if odd:
            raise EntryError(f"a {self.kind} entry is wrong in {', '.join(sorted(odd))}")

    def line(self) -> str:
        """The entry as one line of JSON, without its end."""
        document = {"at": timestamp(self.at), "ramp": self.ramp, "kind": self.kind.value}
        return json.dumps(document | dict(self.facts), separators=(",", ":"), sort_keys=False)

    @classmethod
    def parse(cls, line: str) -> Entry:
        """Read one line.

        Raises:
            EntryError: it is no entry: torn, of another kind, or short of a fact.
        """
        try:
            document = json.loads(line)
            at, ramp, kind = (document.pop(name) for name in ("at", "ramp", "kind"))
            return cls(read_timestamp(at), str(ramp), EntryKind(kind), document)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise EntryError(f"no journal entry: {line[:120]!r}") from error


def timestamp(at: datetime.datetime) -> str:
    """`2026-11-21T09:00:00.123Z`."""
    return at.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_timestamp(text: str) -> datetime.datetime:
    """The time that `timestamp` wrote, in UTC.

    Raises:
        ValueError: it is none, or has no zone.
    """
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at.astimezone(datetime.UTC)
