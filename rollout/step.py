"""What a ramp does next: one pure decision from its progress and the live rules.

The driver asks, does the one step, writes down what came of it, and asks again. Since the answer
needs nothing but what survives a kill, a ramp that is run again continues where the last one was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from rollout.plan import Stage
from rollout.progress import Progress
from rollout.ramp_event import RampOutcome
from rollout.split import Split


@dataclass(frozen=True, slots=True)
class BringCapacity:
    """Set the floors that `stage` takes; the first time it also acquires the lease."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class BakeStage:
    """Let the gates judge `stage` for its bake time; stage 0 is the start, before any weight."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Shift:
    """Give the group the split of `stage` and read it back."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class HoldOldSlot:
    """Wait until the old slot, at weight 0, has had no request for the hold time."""


@dataclass(frozen=True, slots=True)
class ReleaseFloors:
    """Remove the floors and release the lease."""


@dataclass(frozen=True, slots=True)
class WatchStep:
    """Let the gates judge for the watch time."""


@dataclass(frozen=True, slots=True)
class RollBack:
    """Give the group the split that it started from."""

    to: Split
    why: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do."""

    outcome: RampOutcome


@dataclass(frozen=True, slots=True)
class AskPerson:
    """The live weights are not the ones that the ramp left: change nothing."""

    expected: tuple[Split, ...]
    found: Mapping[str, Split]

    def __str__(self) -> str:
        live = ", ".join(f"{name} is at {split}" for name, split in sorted(self.found.items()))
        left = " or ".join(map(str, self.expected))
        return f"someone else changed the weights: {live}; this ramp left {left}"


Step: TypeAlias = (
    BringCapacity
    | BakeStage
    | Shift
    | HoldOldSlot
    | ReleaseFloors
    | WatchStep
    | RollBack
    | Finish
    | AskPerson
)


def next_step(progress: Progress, live: Mapping[str, Split]) -> Step:
    """The one step to take, from the progress and the live split of each service of the group."""
    if progress.outcome is not None:
        return Finish(progress.outcome)
    expected = expected_splits(progress)
    if any(live.get(service) not in expected for service in progress.plan.services):
        return AskPerson(expected, live)
    if progress.back is not None:
        return _way_back(progress, progress.back)
    return _way_on(progress)


def expected_splits(progress: Progress) -> tuple[Split, ...]:
    """The splits that this ramp can have left a rule at, the verified one first.

    A stage that was begun and never verified may have reached any of the rules, and so may the way
    back.
    """
    plan, reached = progress.plan, progress.verified
    splits = [plan.stage(reached).split]
    if progress.has_moved and reached < len(plan.weights) and progress.passed == reached:
        splits.append(plan.stage(reached + 1).split)
    if progress.back is not None and not progress.is_back:
        splits.append(plan.start)
    return tuple(dict.fromkeys(splits))


def _way_back(progress: Progress, why: str) -> Step:
    if not progress.is_back and progress.has_moved:
        return RollBack(progress.plan.start, why)
    if progress.has_floors:
        return ReleaseFloors()
    if progress.is_back_by_hand:
        return Finish(RampOutcome.ROLLED_BACK_BY_HAND)
    return Finish(RampOutcome.ROLLED_BACK if progress.has_moved else RampOutcome.REFUSED)


def _way_on(progress: Progress) -> Step:
    plan = progress.plan
    if progress.capacity == 0:
        return BringCapacity(plan.stage(1))
    if not progress.has_started:
        return BakeStage(plan.stage(0))
    if progress.passed < progress.verified:
        return BakeStage(plan.stage(progress.verified))
    if progress.verified < len(plan.weights):
        stage = plan.stage(progress.verified + 1)
        return BringCapacity(stage) if progress.capacity < stage.number else Shift(stage)
    # A slot that keeps weight, as after `failover even`, never falls silent.
    if not progress.is_held and plan.target.weight_of(plan.stable) == 0:
        return HoldOldSlot()
    if not progress.is_released:
        return ReleaseFloors()
    return Finish(RampOutcome.DONE) if progress.is_watched else WatchStep()
