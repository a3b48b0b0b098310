"""A time in which no ramp may start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from settings.declaration.key import ConfigMap, Key, required
from settings.declaration.kind import (
    Json,
    JsonSchema,
    RefusedValueError,
    Text,
    ValueProblem,
    matching,
)


@dataclass(frozen=True, slots=True)
class MomentKind:
    """The kind of a moment: date, time and offset, by ISO 8601."""

    name: str = "moment"
    expected: str = "a date and time with its offset, such as 2026-12-01T00:00:00Z"

    @property
    def json_schema(self) -> JsonSchema:
        """A string that ends in an offset."""
        return matching(r"\d{4}.*(Z|[+-]\d{2}(:?\d{2}){0,2}(\.\d+)?)", self.expected)

    def read(self, value: Json) -> datetime:
        """The moment, in UTC."""
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
            if moment is not None and moment.utcoffset() is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise RefusedValueError(ValueProblem(value, self.expected)) from error
        raise RefusedValueError(ValueProblem(value, self.expected))


@dataclass(frozen=True, kw_only=True)
class Freeze(ConfigMap):
    """A time in which no ramp may start."""

    until: Key[datetime] = required(
        datetime(2026, 12, 1, tzinfo=UTC), MomentKind(), "When the freeze ends.", offer="UNTIL"
    )
    reason: Key[str] = required(
        "Black Friday", Text(r"[^\n]{1,300}", "a reason in words, on one line"), "Why."
    )
