"""The ramp: its stages and how long each is watched, its gates, its guards, and the freeze."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from settings.declaration.key import ConfigMap, Key, KeyGroup, key, required
from settings.declaration.kind import (
    Json,
    JsonSchema,
    ListOf,
    RefusedValueError,
    Text,
    ValueProblem,
    WholeNumber,
    matching,
)
from settings.declaration.section import Section
from settings.gates.gates import KINDS, Gates

_DAY_SECONDS = 86_400
_FULL = 100


@dataclass(frozen=True, slots=True)
class Stages:
    """The kind of the stages: rising weights of the candidate that end in 100."""

    name: str = "list of integers"
    expected: str = (
        "a list of whole numbers from 1 to 100, each above the one before, the last one 100"
    )

    @property
    def json_schema(self) -> JsonSchema:
        """Weights, in any order."""
        return ListOf(WholeNumber(1, _FULL), 1, 20).json_schema | {
            "errorMessage": f"Expected: {self.expected}"
        }

    def read(self, value: Json) -> tuple[int, ...]:
        """The weights, in order."""
        try:
            stages = ListOf(WholeNumber(1, _FULL), 1, 20).read(value)
        except RefusedValueError as refusal:
            if any(problem.at for problem in refusal.problems):
                raise
            raise RefusedValueError(ValueProblem(value, self.expected)) from refusal
        if stages != tuple(sorted(stages)) or stages[-1] != _FULL:
            instead: list[Json] = [*sorted({*stages, _FULL})]
            raise RefusedValueError(ValueProblem(value, self.expected, instead=instead))
        return stages


@dataclass(frozen=True, kw_only=True)
class GuardLimits(ConfigMap):
    """How long the guards of a `pulumi up` look before they let weight move."""

    healthy_polls: Key[int] = key(
        3,
        WholeNumber(1, 100),
        "Number of polls in a row that must find every target of a slot healthy "
        "before the slot gains weight.",
    )
    poll_seconds: Key[int] = key(5, WholeNumber(1, 60), "Time between two polls.")
    wait_seconds: Key[int] = key(
        600,
        WholeNumber(1, _DAY_SECONDS),
        "How long a `pulumi up` waits for the slot before it is refused.",
    )

    def reject_inconsistent(self, section: Section) -> None:
        """Record a wait that is shorter than the polls."""
        fewest = (self.healthy_polls - 1) * self.poll_seconds
        if section.is_sound(*GuardLimits.members()) and self.wait_seconds < fewest:
            section.reject_value(
                GuardLimits.wait_seconds,
                self.wait_seconds,
                f"at least {fewest}: {self.healthy_polls} polls {self.poll_seconds} s apart take "
                "that long even where all is well",
                fewest,
            )


def _bake_of_gates() -> str:
    """What the kinds of gates need."""
    return "".join(
        f"; at least {kind.least_bake_seconds} with the gate {kind.name}: {kind.least_bake_reason}"
        for kind in KINDS
        if kind.least_bake_seconds
    )


@dataclass(frozen=True, kw_only=True)
class RampSettings(ConfigMap):
    """How a cutover goes."""

    stages: Key[tuple[int, ...]] = key(
        (10, 25, 50, 75, 100),
        Stages(),
        "The weights of the candidate, one per stage.",
    )
    bake_seconds: Key[int] = key(
        300,
        WholeNumber(1, _DAY_SECONDS),
        f"How long a stage is watched before the next one{_bake_of_gates()}.",
    )
    hold_seconds: Key[int] = key(
        300,
        WholeNumber(0, _DAY_SECONDS),
        "How long the old slot must have had no request before its floor is removed.",
    )
    watch_seconds: Key[int] = key(
        300,
        WholeNumber(0, _DAY_SECONDS),
        "How long the gates keep judging after the hold.",
    )
    inconclusive_seconds: Key[int] = key(
        600,
        WholeNumber(1, _DAY_SECONDS),
        "How long a verdict may stay inconclusive, which holds the stage, before the "
        "ramp rolls back.",
    )
    guard: KeyGroup[GuardLimits] = KeyGroup(
        "What every `pulumi up` that moves weight waits for.", GuardLimits
    )
    gates: KeyGroup[Gates] = KeyGroup(
        "The gates that judge a stage. A map turns a gate on, `{}` with its defaults. `targets`, "
        "`alarms` and `approval` have no keys, and take `true` or `false`. If no gate is on here, "
        "the gates are targets, probe and smoke; `targets: false` leaves that one out.",
        Gates,
    )

    def reject_inconsistent(self, section: Section) -> None:
        """Record a bake that is too short for a gate."""
        slowest, bake = self.gates.slowest, RampSettings.bake_seconds
        if slowest is None or not section.is_sound(bake):
            return
        least = slowest.least_bake_seconds
        if self.bake_seconds < least:
            section.reject_value(
                bake,
                self.bake_seconds,
                f"at least {least} with ramp.gates.{slowest.name}: {slowest.least_bake_reason}",
                least,
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
