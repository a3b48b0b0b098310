"""A time in which no ramp may start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import Json, RefusedValueError, Text, ValueProblem
from settings.declaration.section import Section


@dataclass(frozen=True, slots=True)
class MomentKind:
    """The kind of a moment: date, time and offset, by ISO 8601."""

    name: str = "moment"
    expected: str = "a date and time with its offset, such as 2026-12-01T00:00:00Z"

    def read(self, value: Json) -> datetime:
        """The moment, in UTC."""
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
            if moment is not None and moment.utcoffset() is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise RefusedValueError(ValueProblem(value, self.expected)) from error
        raise RefusedValueError(ValueProblem(value, self.expected))


UNTIL = Key(
    "until",
    MomentKind(),
    "When it ends.",
    datetime(2026, 12, 1, tzinfo=UTC),
    offer="UNTIL",
)
REASON = Key(
    "reason", Text(r"[^\n]{1,300}", "a reason in words, on one line"), "Why.", "Black Friday"
)
FREEZE = KeyGroup(
    "freeze",
    "A time in which no ramp may start; `pulumi up`, and so a rollback, go on.",
    (UNTIL, REASON),
)


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which no ramp may start."""

    until: datetime
    """With its offset, in UTC."""
    reason: str


def read_freeze(section: Section, *, is_wanted: bool) -> Freeze | None:
    """The freeze; `None` where the config has none."""
    if not is_wanted:
        return None
    section.reject_absent(UNTIL, REASON)
    return Freeze(section.require(UNTIL), section.require(REASON))
