"""What happens in a ramp as lines: for a terminal without a view, for CI, and for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from probe.quantity import duration_text
from rollout.command import UP
from rollout.entry import Entry
from rollout.progress import WHY_BY_HAND
from rollout.ramp_event import (
    BakeEnd,
    BakeStart,
    CapacityChange,
    ConfigChange,
    EngineLine,
    GateVerdict,
    HoldEnd,
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
    StackFileCommit,
    StageStart,
    UpdateEnd,
    UpdateStart,
    WatchEnd,
    WatchStart,
)
from rollout.verdict import Outcome, Verdict

PrintLine = Callable[[str], None]
QUIET_SECONDS = 10.0
"""A shorter wait gets no line: the next entry follows soon."""

SIGN_OF_LIFE_SECONDS = 60.0
"""Between two lines of one wait; CI ends a job that prints nothing for ten minutes."""

_NUMBER = re.compile(r"\d[\d.,]*")


class PlainLines:
    """One line an entry, and one a minute for each wait that takes a while."""

    def __init__(self, print_line: PrintLine, monotonic: Callable[[], float]) -> None:
        self._print_line = print_line
        self._monotonic = monotonic
        self._next_new_wait = 0.0
        self._next_same_wait = 0.0
        self._waited_for = ""
        self._last_outcome: dict[str, Outcome] = {}
        self._undoes = False

    def saw(self, entry: Entry) -> None:
        """Print the entry in words, if it has news."""
        text = described(entry.event)
        match entry.event:
            case RampStart(undoes=undoes):
                self._undoes = undoes
            case StageStart() if self._undoes:
                return  # no ramp began it
            case GateVerdict() as verdict if not self._is_news(verdict):
                return
            case _:
                pass
        if text:
            self._print_line(f"{entry.at:%H:%M:%S} {text}")
            self._next_new_wait = self._monotonic() + QUIET_SECONDS
            self._waited_for = ""

    def _is_news(self, verdict: GateVerdict) -> bool:
        """Whether the gate has another outcome than the last time."""
        is_news = self._last_outcome.get(verdict.gate) is not verdict.outcome
        self._last_outcome[verdict.gate] = verdict.outcome
        return is_news

    def waits(self, what: str, seconds_left: float | None) -> None:
        """Print the wait once it takes a while, and then every minute as long as it is the same.

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
        self._print_line(f"         waits: {what}{left}")

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        """Nothing: the entries have what changed."""


class JsonLines:
    """Every entry as its line of JSON."""

    def __init__(self, print_line: PrintLine) -> None:
        self._print_line = print_line

    def saw(self, entry: Entry) -> None:
        """Print it as the journal has it."""
        self._print_line(entry.line())

    def waits(self, what: str, seconds_left: float | None) -> None:
        """Nothing: a wait is not an event."""

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        """Nothing: the entries have what changed."""


def described(event: RampEvent) -> str:
    """An event in words; empty where it has no news."""
    match event:
        case RampStart():
            return _started(event)
        case StageStart(stage=stage, of=of, split=split):
            return f"stage {stage}/{of}: {split}"
        case SplitReadBack(splits=splits):
            return "live: " + ", ".join(f"{name} {split}" for name, split in splits.items())
        case GateVerdict(gate=gate, outcome=outcome, reason=reason):
            return f"gate {gate}: {outcome} - {reason}"
        case RollbackStart():
            return _rollback(event)
        case RollbackEnd(to=to, seconds=seconds):
            return f"rolled back to {to} in {seconds:.1f} s"
        case RampInterruption(by=by):
            return f"interrupted: {by}"
        case Resumption(found=found, to_go_back=to_go_back):
            return f"{'rollback of' if to_go_back else 'resumed:'} {found}"
        case RampEnd(outcome=RampOutcome.ROLLED_BACK_BY_HAND as outcome):
            return outcome
        case RampEnd(outcome=outcome):
            return f"ramp {outcome}"
        case CapacityChange() | ConfigChange() | UpdateStart() | EngineLine() | UpdateEnd():
            return _described_update(event)
        case StackFileCommit():
            return _commit(event)
        case _:
            return _described_wait(event)


def _described_update(
    event: CapacityChange | ConfigChange | UpdateStart | EngineLine | UpdateEnd,
) -> str:
    match event:
        case CapacityChange(floors=floors):
            counts = ", ".join(
                f"{service}-{slot} {count}"
                for service, slots in floors.items()
                for slot, count in slots.items()
            )
            return f"floors: {counts}" if floors else "floors removed"
        case ConfigChange():
            return ""
        case UpdateStart(message=message):
            return f"{UP}: {message}"
        case EngineLine(line=line):
            return f"  | {line}"
        case UpdateEnd(seconds=seconds, error=error) if error:
            return f"the up failed after {seconds:.1f} s"
        case UpdateEnd(seconds=seconds, changed=changed):
            counts = ", ".join(
                f"{number} {_done(operation)}" for operation, number in changed.items()
            )
            return f"up done in {seconds:.1f} s: {counts or 'nothing to change'}"


def _done(operation: str) -> str:
    """`updated` for the engine's `update`."""
    return f"{operation}d" if operation.endswith("e") else f"{operation}ed"


def _described_wait(
    event: SplitPropagation | BakeStart | BakeEnd | HoldStart | HoldEnd | WatchStart | WatchEnd,
) -> str:
    match event:
        case SplitPropagation(observed=observed, seconds=seconds):
            if not observed:
                return "no prober, or no header that names the slot: no traffic confirms the split"
            seen = ", ".join(f"{service} {part}" for service, part in observed.items())
            return f"arrived in the traffic after {seconds:.1f} s: {seen} from the candidate"
        case BakeStart(stage=stage, seconds=seconds):
            return f"bake for {seconds:g} s" if stage else "gates before the start"
        case BakeEnd(stage=stage, seconds=seconds, outcome=outcome):
            return f"{'bake' if stage else 'gates'} {outcome} after {seconds:.1f} s"
        case HoldStart(seconds=seconds, slot=slot):
            return f"hold: slot {slot} silent for {seconds:g} s"
        case HoldEnd(seconds=seconds):
            return f"held for {seconds:.1f} s"
        case WatchStart(seconds=seconds):
            return f"watch for {seconds:g} s"
        case WatchEnd(outcome=outcome):
            return f"watch {outcome}"


def _commit(event: StackFileCommit) -> str:
    if event.commit:
        pushed = ", pushed" if event.pushed else ""
        return f"committed {event.commit[:10]}{pushed}: {event.message}"
    return f'commit to make: git commit -m "{event.message}" -- {event.file}'


def _started(start: RampStart) -> str:
    group, by = "+".join(start.services), f"by {start.by}@{start.host}"
    stages = ", ".join(map(str, start.weights))
    if start.undoes:
        return (
            f"rollback of {group}: slot {start.candidate} from {stages} back to {start.start}, {by}"
        )
    return f"ramp of {group}: {start.candidate} from {start.start} through {stages}, {by}"


def _rollback(event: RollbackStart) -> str:
    """Who or what asked for it, where the journal has that."""
    asked = " by hand" if event.by_hand and event.why != WHY_BY_HAND else ""
    return f"ROLLBACK{asked} to {event.to}: {event.why}"


def _time_left(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else duration_text(seconds)
