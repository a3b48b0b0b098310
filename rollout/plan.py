"""The plan of a ramp: which slot rises, from which split, through which stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rollout.command import Command
from rollout.errors import PlanError
from rollout.split import TOTAL_WEIGHT, Slot, Split

EVEN = 50
"""The weight of either slot between releases."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A split that the ramp stops at; `number` counts from 1 to `of`."""

    number: int
    of: int
    split: Split


@dataclass(frozen=True, slots=True)
class RampPlan:
    """A group of services that moves from one split to another in one direction.

    Raises:
        PlanError: no service, or weights that do not rise from the start.
    """

    services: tuple[str, ...]
    """In the order of their names; they move together, with one verdict."""
    candidate: Slot
    start: Split
    weights: tuple[int, ...]
    """The candidate's weight in each stage, rising."""

    def __post_init__(self) -> None:
        rising = (self.start.weight_of(self.candidate), *self.weights)
        if not self.services or not self.weights or list(rising) != sorted(set(rising)):
            raise PlanError(f"no ramp of {self.services} through {rising}: weights must rise")

    @property
    def stable(self) -> Slot:
        """The slot that the ramp lowers."""
        return self.candidate.other

    @property
    def group(self) -> str:
        """The services as messages name them, such as `portal+web`."""
        return "+".join(self.services)

    @property
    def target(self) -> Split:
        """The split of the last stage."""
        return self.stage(len(self.weights)).split

    def stage(self, number: int) -> Stage:
        """Stage `number`, 1 to the number of stages; 0 is the start, before anything moved."""
        if number == 0:
            return Stage(0, len(self.weights), self.start)
        split = self.start.shifted_to(self.candidate, self.weights[number - 1])
        return Stage(number, len(self.weights), split)

    def begun_at(self, start: Split) -> RampPlan:
        """The plan as if it had begun at `start`, which gives its candidate no more than its own.

        Raises:
            PlanError: it gives the candidate more.
        """
        if start == self.start:
            return self
        weights = (self.start.weight_of(self.candidate), *self.weights)
        return RampPlan(self.services, self.candidate, start, weights)

    def stages(self) -> Iterator[Stage]:
        """All stages, in order."""
        return (self.stage(number) for number in range(1, len(self.weights) + 1))


def planned(
    live: Mapping[str, Split],
    candidate: Slot,
    configured: Sequence[int],
    up_to: int = TOTAL_WEIGHT,
    alone: Command | None = None,
) -> RampPlan:
    """The ramp that raises `candidate` from where it is to `up_to`.

    Args:
        live: The split of each service of the group, as its rule has it.
        candidate: The slot to raise.
        configured: Weights to stop at, in any order; those beyond `up_to` are left out.
        up_to: The weight to end at.
        alone: What moves the first service alone, for where they stand at different splits.

    Raises:
        PlanError: there is nothing to move, or the services stand at different splits.
    """
    if not live:
        raise PlanError("there is no service to ramp")
    splits = set(live.values())
    if len(splits) > 1:
        apart = ", ".join(f"{name} at {split}" for name, split in sorted(live.items()))
        raise PlanError(
            f"the services stand at different splits: {apart}\n"
            "  expected: one split for all that move together\n"
            f"  fix:      {alone or _ramp_of(min(live))}, or bring them together first"
        )
    (start,) = splits
    have = start.weight_of(candidate)
    if have >= up_to:
        raise PlanError(
            f"slot {candidate} is at {have} of {TOTAL_WEIGHT} in {'+'.join(sorted(live))}: "
            f"there is nothing to raise to {up_to}"
        )
    weights = sorted({w for w in configured if have < w < up_to} | {up_to})
    return RampPlan(tuple(sorted(live)), candidate, start, tuple(weights))


def _ramp_of(service: str) -> Command:
    return Command.of("failover", "ramp", "--service", service)


def lighter(live: Mapping[str, Split]) -> Slot | None:
    """The slot with the smaller weight in every service; None where they differ or none is."""
    found = {
        None if s.slot_01 == s.slot_02 else Slot.FIRST if s.slot_01 < s.slot_02 else Slot.SECOND
        for s in live.values()
    }
    return found.pop() if len(found) == 1 else None
