"""The result of a scenario: a fold over the entries of its ramp and the answers to requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.scenarios.catalogue import Scenario
from rehearsal.traffic.run import SCHEDULED, ObservedAnswer
from rollout.entry import Entry
from rollout.ramp_event import (
    GateVerdict,
    RampEnd,
    RampEvent,
    RollbackEnd,
    RollbackStart,
    SplitReadBack,
)
from rollout.split import Slot, Split
from rollout.verdict import Outcome

ASKS = 3
"""The exit code of a ramp that left all as it was and asks a person."""
START, TARGET = Split.parse("100/0"), Split.parse("0/100")


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What a scenario came to. Times are Unix seconds."""

    scenario: Scenario
    entries: Sequence[Entry]
    answers: Sequence[ObservedAnswer]
    """Of the independent traffic."""
    exit_code: int
    words: str
    """What the ramp printed at its end."""
    seconds: float
    """From its start to its end."""
    faulted_s: float | None
    """When the fault was caused; None where the build itself is bad."""
    live: frozenset[Split]
    """The splits of all services at the end."""
    lost_straight: int | None = None
    """Requests lost by the same release put straight to 0/100; None where it was not tried."""

    @property
    def caught_stage(self) -> int:
        """The stage whose weights were live when it turned back or stopped; of a good end 0."""
        verified = 0
        for entry in self.entries:
            match entry.event:
                case SplitReadBack(stage=stage):
                    verified = stage
                case RollbackStart():
                    return verified
                case _:
                    pass
        return verified if self.exit_code else 0

    @property
    def reason(self) -> str:
        """Why it went back or stopped, or what held it on the way to a good end."""
        events = [entry.event for entry in self.entries]
        back = [event for event in events if isinstance(event, RollbackStart)]
        if back:
            return back[0].why
        if self.exit_code:
            return self.words
        verdicts = (event for event in events if isinstance(event, GateVerdict))
        held = [v for v in verdicts if v.outcome is Outcome.INCONCLUSIVE]
        return "; ".join(f"{verdict.gate}: {verdict.reason}" for verdict in held)

    @property
    def lost(self) -> int:
        """Requests of the independent traffic that were lost or answered wrongly."""
        return sum(answer.verdict == "failed" for answer in self.answers)

    @property
    def requests(self) -> int:
        """All that report something."""
        return sum(answer.verdict != "excluded" for answer in self.answers)

    @property
    def first_lost_s(self) -> float | None:
        """When the first request that was lost was asked for.

        A download or a WebSocket may have been asked for long before it was cut: it shows no time.
        """
        return min((answer.asked_s for answer in self.answers if _is_lost(answer)), default=None)

    @property
    def seconds_from_first_lost(self) -> float | None:
        """From the first lost request until all was as before; None where none was lost."""
        return self._until_old_split(self.first_lost_s)

    @property
    def seconds_from_fault(self) -> float | None:
        """From the fault until all was as before; None where none was caused."""
        return self._until_old_split(self.faulted_s)

    @property
    def seconds_to_verdict(self) -> float | None:
        """From the first lost request, else from the fault, until the ramp turned back.

        None where there was neither, or the ramp turned back before.
        """
        began = self.faulted_s if self.first_lost_s is None else self.first_lost_s
        turned = self._times_of(RollbackStart)
        if began is None or not turned or turned[0] < began:
            return None
        return turned[0] - began

    def _until_old_split(self, first_s: float | None) -> float | None:
        """From that moment to the last request that was lost or that the candidate answered.

        A candidate that is dead answers nothing, and its share of the requests fails all the same.
        None where the candidate got no request after that moment.
        """
        back = self._times_of(RollbackEnd)
        if first_s is None or not back:
            return None
        met = (
            answer.asked_s
            for answer in self.answers
            if _is_lost(answer) or (answer.is_drawn and answer.slot == Slot.SECOND)
        )
        last = max((asked for asked in met if asked >= first_s), default=None)
        return None if last is None else min(last, back[-1]) - first_s

    @property
    def _is_finished(self) -> bool:
        return bool(self._times_of(RampEnd))

    def _times_of(self, kind: type[RampEvent]) -> list[float]:
        return [each.at.timestamp() for each in self.entries if isinstance(each.event, kind)]

    @property
    def problems(self) -> list[str]:
        """Every way in which it did not end as it should."""
        expected = self.scenario.expected
        found: list[str] = []
        if self.exit_code != expected.exit_code:
            found.append(f"exit {self.exit_code}, not {expected.exit_code}: {self.words}")
        elif self.exit_code != ASKS and not self._is_finished:
            found.append(f"exit {self.exit_code} and no end in its journal: {self.words}")
        first, last = expected.stages
        if expected.exit_code == 1 and not first <= self.caught_stage <= last:
            found.append(f"caught at stage {self.caught_stage}, not at {first} to {last}")
        if expected.reason not in self.reason:
            found.append(f"not because of {expected.reason}: {self.reason or 'no reason'}")
        split = expected.ends_at or (START if expected.exit_code else TARGET)
        if self.live != frozenset([split]):
            at = ", ".join(sorted(map(str, self.live)))
            found.append(f"it ended at {at}, not at {split}")
        if self.lost and not self.scenario.may_lose:
            found.append(
                f"{self.lost:,} of {self.requests:,} requests were lost, of which none may be: "
                f"{self._losses}"
            )
        return found

    @property
    def _losses(self) -> str:
        """How many were lost in which way on which slot, and when, from the ramp's start."""
        lost = [answer for answer in self.answers if answer.verdict == "failed"]
        ways = Counter(
            f"{a.service} slot {a.slot or 'unknown'} {a.mode} {a.error} {a.status or ''}".strip()
            for a in lost
        )
        began = self.entries[0].at.timestamp() if self.entries else 0.0
        moments = [answer.asked_s - began for answer in lost]
        counts = ", ".join(f"{count:,} {way}" for way, count in ways.most_common())
        return f"{counts}; {min(moments):.1f} s to {max(moments):.1f} s after the ramp began"


def _is_lost(answer: ObservedAnswer) -> bool:
    return answer.verdict == "failed" and answer.mode in SCHEDULED
