"""The ramp: its stages, how long each is watched, its gates, and what the guards wait for."""

from __future__ import annotations

from dataclasses import dataclass

from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import Json, ListOf, RefusedValueError, ValueProblem, WholeNumber
from settings.declaration.section import Section
from settings.gate_keys import GATES, METRICS
from settings.gates import Gates, read_gates

FEWEST_METRICS_BAKE_SECONDS = 180
"""The first partial minute is dropped, and what remains must hold at least two whole ones.

Source: CloudWatch metrics for your Application Load Balancer (periods of 60 s).
"""

_DAY_SECONDS = 86_400
_FULL = 100


@dataclass(frozen=True, slots=True)
class Stages:
    """The kind of the stages: rising weights of the candidate that end in 100."""

    name: str = "list of integers"
    expected: str = (
        "a list of whole numbers from 1 to 100, each above the one before, the last one 100"
    )

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


STAGES = Key(
    "stages",
    Stages(),
    "The weights that the candidate is given one after another, in steps of one each.",
    (10, 25, 50, 75, 100),
    default=(10, 25, 50, 75, 100),
)
BAKE_SECONDS = Key(
    "bakeSeconds",
    WholeNumber(1, _DAY_SECONDS),
    "How long a stage is watched before the next one; at least "
    f"{FEWEST_METRICS_BAKE_SECONDS} with the gate metrics, whose points are a minute each.",
    300,
    default=300,
)
HOLD_SECONDS = Key(
    "holdSeconds",
    WholeNumber(0, _DAY_SECONDS),
    "How long the old slot must have had no request before anything of it is scaled in.",
    300,
    default=300,
)
WATCH_SECONDS = Key(
    "watchSeconds",
    WholeNumber(0, _DAY_SECONDS),
    "How long the gates go on judging after the last stage.",
    300,
    default=300,
)
INCONCLUSIVE_SECONDS = Key(
    "inconclusiveSeconds",
    WholeNumber(1, _DAY_SECONDS),
    "How long a verdict may stay inconclusive, which holds the stage, before it rolls back.",
    600,
    default=600,
)
HEALTHY_POLLS = Key(
    "healthyPolls",
    WholeNumber(1, 100),
    "How many polls in a row must find every target of a slot healthy before it gains weight.",
    3,
    default=3,
)
POLL_SECONDS = Key(
    "pollSeconds", WholeNumber(1, 60), "The time from one poll to the next.", 5, default=5
)
WAIT_SECONDS = Key(
    "waitSeconds",
    WholeNumber(1, _DAY_SECONDS),
    "How long a `pulumi up` waits for that, before it is refused.",
    600,
    default=600,
)
GUARD = KeyGroup(
    "guard",
    "What every `pulumi up` that moves weight waits for.",
    (HEALTHY_POLLS, POLL_SECONDS, WAIT_SECONDS),
)
RAMP = KeyGroup(
    "ramp",
    "The stages of a cutover, and what judges them.",
    (STAGES, BAKE_SECONDS, HOLD_SECONDS, WATCH_SECONDS, INCONCLUSIVE_SECONDS, GUARD, GATES),
)


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """How long the guards of a `pulumi up` look before they let weight move."""

    healthy_polls: int
    poll_seconds: int
    wait_seconds: int


@dataclass(frozen=True, slots=True)
class RampSettings:
    """How a cutover goes."""

    stages: tuple[int, ...]
    """Weights of the candidate, rising, the last one 100."""
    bake_seconds: int
    hold_seconds: int
    watch_seconds: int
    inconclusive_seconds: int
    guard: GuardLimits
    gates: Gates


def read_ramp(section: Section) -> RampSettings:
    """The ramp; limits that can never be met are refused."""
    ramp = RampSettings(
        stages=section.require(STAGES),
        bake_seconds=section.require(BAKE_SECONDS),
        hold_seconds=section.require(HOLD_SECONDS),
        watch_seconds=section.require(WATCH_SECONDS),
        inconclusive_seconds=section.require(INCONCLUSIVE_SECONDS),
        guard=_read_limits(section.section(GUARD)),
        gates=read_gates(section.section(GATES)),
    )
    is_short = ramp.bake_seconds < FEWEST_METRICS_BAKE_SECONDS
    if ramp.gates.metrics is not None and is_short and section.is_sound(BAKE_SECONDS):
        section.reject_value(
            BAKE_SECONDS,
            ramp.bake_seconds,
            f"at least {FEWEST_METRICS_BAKE_SECONDS} with ramp.gates.{METRICS.name}: CloudWatch "
            "has one point a minute, and the first, partial one does not count",
            FEWEST_METRICS_BAKE_SECONDS,
        )
    return ramp


def _read_limits(section: Section) -> GuardLimits:
    limits = GuardLimits(
        healthy_polls=section.require(HEALTHY_POLLS),
        poll_seconds=section.require(POLL_SECONDS),
        wait_seconds=section.require(WAIT_SECONDS),
    )
    fewest = (limits.healthy_polls - 1) * limits.poll_seconds
    is_sound = section.is_sound(HEALTHY_POLLS, POLL_SECONDS, WAIT_SECONDS)
    if is_sound and limits.wait_seconds < fewest:
        section.reject_value(
            WAIT_SECONDS,
            limits.wait_seconds,
            f"at least {fewest}: {limits.healthy_polls} polls {limits.poll_seconds} s apart take "
            "that long even where all is well",
            fewest,
        )
    return limits
