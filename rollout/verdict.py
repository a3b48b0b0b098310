"""The verdict of a gate: pass, fail or inconclusive, with its reason, numbers and time."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Number = int | float | str
"""A value that a verdict rests on: finite, or text for a name, as of a build or a fault."""


class Outcome(enum.StrEnum):
    """The three outcomes of a gate; the value is in the journal and in the report."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    """No data, not enough data, or both slots alike. It holds the ramp."""


@dataclass(frozen=True, slots=True)
class EvidenceWindow:
    """The time that a verdict rests on, in UTC; `end` is not before `start`.

    Raises:
        ValueError: a time without a zone, or an end before its start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window needs times with a zone")
        if self.end < self.start:
            raise ValueError(f"a window cannot end ({self.end}) before it starts ({self.start})")

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class ServiceFinding:
    """What a gate found of one service."""

    service: str
    outcome: Outcome
    reason: str
    """One sentence for a person, which begins with the service's name."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement of one gate, with its evidence."""

    gate: str
    outcome: Outcome
    reason: str
    """One sentence for a person, with the values that decided."""
    numbers: Mapping[str, Number] = field(default_factory=dict[str, Number])
    """What it was decided by; units in the names."""
    window: EvidenceWindow | None = None
    """None for a verdict without data, such as before the first answer of a script."""
    services: tuple[ServiceFinding, ...] = field(default=(), compare=False)
    """The finding of each service, if only these decided; for the screen alone."""


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Fail over inconclusive over pass; none at all is inconclusive."""
    found = set(outcomes)
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        if outcome in found:
            return outcome
    return Outcome.PASS if found else Outcome.INCONCLUSIVE


def combined(verdicts: Iterable[Verdict]) -> Outcome:
    """One outcome of several verdicts: the worst."""
    return worst(verdict.outcome for verdict in verdicts)
