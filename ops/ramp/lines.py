"""What happens in a ramp as lines: for a terminal without a view, for CI, and for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from probe.quantity import duration_text
from rollout.command import UP
from rollout.entry import Entry, EntryKind
from rollout.progress import BY_HAND, WHY_BY_HAND
from rollout.verdict import Verdict

Say = Callable[[str], None]
QUIET_SECONDS = 10.0
"""A wait that is over sooner is told of by what comes after it."""

SIGN_OF_LIFE_SECONDS = 60.0
"""How often a wait is told again; CI ends a job that is silent for ten minutes."""

_NUMBER = re.compile(r"\d[\d.,]*")


class PlainLines:
    """One line an entry, and one for each wait that takes a while, told again every minute."""

    def __init__(self, say: Say, monotonic: Callable[[], float]) -> None:
        self._say = say
        self._monotonic = monotonic
        self._next_new_wait = 0.0
        self._next_same_wait = 0.0
        self._waited_for = ""
        self._last_outcome: dict[Any, Any] = {}
        self._undoes = False

    def saw(self, entry: Entry) -> None:
        """Tell a person, in words; an entry that tells a person nothing is left out."""
        text = described(entry)
        if entry.kind is EntryKind.RAMP_STARTED:
            self._undoes = bool(entry.facts.get("undoes"))
        if self._undoes and entry.kind is EntryKind.STAGE_STARTED:
            return  # no ramp began it
        if entry.kind is EntryKind.VERDICT and not self._is_news(entry):
            return
        if text:
            self._say(f"{entry.at:%H:%M:%S} {text}")
            self._next_new_wait = self._monotonic() + QUIET_SECONDS
            self._waited_for = ""

    def _is_news(self, entry: Entry) -> bool:
        """Whether the gate says something else than the last time."""
        gate, outcome = entry.facts["gate"], entry.facts["outcome"]
        is_news = self._last_outcome.get(gate) != outcome
        self._last_outcome[gate] = outcome
        return is_news

    def waits(self, what: str, seconds_left: float | None) -> None:
        """Tell it once it takes a while, and then every minute as long as it is the same wait.

        One whose numbers alone change is the same.
        """
        now = self._monotonic()
        kind = _NUMBER.sub("#", what)
        is_same = kind == self._waited_for
        if now < (self._next_same_wait if is_same else self._next_new_wait):
            return
        self._waited_for = kind
        self._next_new_wait = now + QUIET_SECONDS
        self._next_same_wait = now + SIGN_OF_LIFE_SECONDS
        left = "" if seconds_left is None else f" ({_time_left(seconds_left)} left)"
        self._say(f"         waits: {what}{left}")

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        """Nothing: the entries have what changed."""


class JsonLines:
    """Every entry as its line of JSON."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def saw(self, entry: Entry) -> None:
        """Print it as the journal has it."""
        self._say(entry.line())

    def waits(self, what: str, seconds_left: float | None) -> None:
        """Nothing: it is no event."""

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        """Nothing: the entries have what changed."""


def described(entry: Entry) -> str:
    """An entry in words; empty for one that says nothing new."""
    facts: Mapping[str, Any] = entry.facts
    make = _WORDS.get(entry.kind)
    return make(facts) if make is not None else ""


def _time_left(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else duration_text(seconds)


def _capacity(facts: Mapping[str, Any]) -> str:
    if not facts["floors"]:
        return "floors removed"
    floors = ", ".join(
        f"{service}-{slot} {count}"
        for service, slots in facts["floors"].items()
        for slot, count in slots.items()
    )
    return f"floors: {floors}"


def _up_finished(facts: Mapping[str, Any]) -> str:
    if facts["error"]:
        return f"the up failed after {facts['seconds']:.1f} s"
    changed = ", ".join(f"{number} {operation}" for operation, number in facts["changed"].items())
    return f"up done in {facts['seconds']:.1f} s: {changed or 'nothing to change'}"


def _arrived(facts: Mapping[str, Any]) -> str:
    if not facts["observed"]:
        return "no probe: that the split arrived is not proved by traffic"
    seen = ", ".join(f"{service} {part}" for service, part in facts["observed"].items())
    return f"arrived in the traffic after {facts['seconds']:.1f} s: {seen} from the candidate"


def _commit(facts: Mapping[str, Any]) -> str:
    if facts["commit"]:
        pushed = ", pushed" if facts["pushed"] else ""
        return f"committed {facts['commit'][:10]}{pushed}: {facts['message']}"
    return f'commit to make: git commit -m "{facts["message"]}" -- {facts["file"]}'


def _started(facts: Mapping[str, Any]) -> str:
    group, by = "+".join(facts["services"]), f"by {facts['by']}@{facts['host']}"
    slot, start, stages = facts["candidate"], facts["from"], ", ".join(map(str, facts["stages"]))
    if facts.get("undoes"):
        return f"rollback of {group}: slot {slot} from {stages} back to {start}, {by}"
    return f"ramp of {group}: {slot} from {start} through {stages}, {by}"


def _rollback(facts: Mapping[str, Any]) -> str:
    """With who or what asked for it, where the journal says so."""
    why = facts["why"]
    asked = " by hand" if facts.get("by_hand") and why != WHY_BY_HAND else ""
    return f"ROLLBACK{asked} to {facts['to']}: {why}"


_WORDS: Mapping[EntryKind, Callable[[Mapping[str, Any]], str]] = {
    EntryKind.RAMP_STARTED: _started,
    EntryKind.CAPACITY: _capacity,
    EntryKind.STAGE_STARTED: lambda f: f"stage {f['stage']}/{f['of']}: {f['split']}",
    EntryKind.UP_STARTED: lambda f: f"{UP}: {f['message']}",
    EntryKind.UP_SAID: lambda f: f"  | {f['line']}",
    EntryKind.UP_FINISHED: _up_finished,
    EntryKind.VERIFIED: lambda f: (
        "live: " + ", ".join(f"{name} {split}" for name, split in f["splits"].items())
    ),
    EntryKind.ARRIVED: _arrived,
    EntryKind.VERDICT: lambda f: f"gate {f['gate']}: {f['outcome']} - {f['reason']}",
    EntryKind.APPROVAL: lambda f: (
        f"approved by {f['by']}" if f["approved"] else f"refused by {f['by']}"
    ),
    EntryKind.BAKE_STARTED: lambda f: (
        f"bake for {f['seconds']:g} s" if f["stage"] else "gates before the start"
    ),
    EntryKind.BAKE_FINISHED: lambda f: (
        f"{'bake' if f['stage'] else 'gates'} {f['outcome']} after {f['seconds']:.1f} s"
    ),
    EntryKind.HOLD_STARTED: lambda f: f"hold: slot {f['slot']} silent for {f['seconds']:g} s",
    EntryKind.HOLD_FINISHED: lambda f: f"held for {f['seconds']:.1f} s",
    EntryKind.WATCH_STARTED: lambda f: f"watch for {f['seconds']:g} s",
    EntryKind.WATCH_FINISHED: lambda f: f"watch {f['outcome']}",
    EntryKind.ROLLBACK_STARTED: _rollback,
    EntryKind.ROLLBACK_FINISHED: lambda f: f"rolled back to {f['to']} in {f['seconds']:.1f} s",
    EntryKind.COMMIT: _commit,
    EntryKind.INTERRUPTED: lambda f: f"interrupted: {f['by']}",
    EntryKind.RESUMED: lambda f: (
        f"{'rollback of' if f.get('to_go_back') else 'resumed:'} {f['found']}"
    ),
    EntryKind.RAMP_FINISHED: lambda f: (
        str(f["outcome"]) if f["outcome"] == BY_HAND else f"ramp {f['outcome']}"
    ),
}
