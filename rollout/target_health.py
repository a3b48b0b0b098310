"""Whether the targets of both slots can carry a split, and carry it back."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.capacity import share_takes
from rollout.observation import LiveService, LiveSlot
from rollout.split import Slot
from rollout.verdict import Number, Outcome

REPLACED_AT_ONCE = 10
"""One of so many instances may be missing, and one in any case: it is being replaced.

A failed health check, a rebalanced zone, a reclaimed spot instance: the group launches another one,
which boots for minutes. Source: EC2 Auto Scaling user guide, "Health checks for instances".
"""


@dataclass(frozen=True, slots=True)
class RampCounts:
    """What a ramp has counted of one service, for its gate.

    The desired capacity of a group does not count: a scaling policy raises it at once, and the
    instances need minutes until they are healthy.
    Source: EC2 Auto Scaling user guide, target tracking.
    """

    fleet: int
    """How many instances carry all of the traffic."""
    candidate: int
    """How many healthy instances the ramp gave the candidate for its share."""
    stable: int | None
    """How many the stable slot needs for a rollback; None if a rollback is no longer possible."""


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """The outcome of the targets of one service."""

    outcome: Outcome
    reason: str
    numbers: dict[str, Number]


def judged_target_health(
    live: LiveService, candidate: Slot, weight: int, counted: RampCounts
) -> TargetHealth:
    """Judge the targets as they are at one moment.

    An ALB sends everything to all targets of a group when none is healthy (it fails open), so a
    slot without a healthy target is failing, whatever its targets answer.
    Source: ELB user guide, "Health checks for your target groups".

    Args:
        live: The service.
        candidate: The slot that is raised.
        weight: Its share of new requests, 0 to 100.
        counted: What the ramp has counted.
    """
    ours, theirs = live.slots[candidate], live.slots[candidate.other]
    numbers: dict[str, Number] = {
        f"{live.name}.{slot}.{name}": count
        for slot, side in ((candidate, ours), (candidate.other, theirs))
        for name, count in (
            ("healthy", len(side.healthy)),
            ("desired", desired(side)),
            ("draining", len(side.draining)),
        )
    }
    outcome, reason = _judged(ours, theirs, candidate, weight, counted)
    return TargetHealth(outcome, f"{live.name}: {reason}", numbers)


def desired(slot: LiveSlot) -> int:
    """How many targets its fleet wants; where the fleet is not known, how many are registered."""
    return slot.fleet.desired if slot.fleet is not None else len(slot.registered)


def _judged(
    ours: LiveSlot, theirs: LiveSlot, candidate: Slot, weight: int, counted: RampCounts
) -> tuple[Outcome, str]:
    healthy, brought = len(ours.healthy), counted.candidate
    if weight and not healthy:
        return Outcome.FAIL, f"slot {candidate} has no healthy target{_details(ours)}"
    needed = min(share_takes(weight, counted=counted.fleet), brought)
    if weight and healthy < needed and brought - healthy > _replaced(brought):
        return Outcome.FAIL, (
            f"slot {candidate} has {healthy} healthy targets of the {brought} that it was brought "
            f"to; its {weight} % take {needed}{_details(ours)}"
        )
    if healthy < max(brought, 1):
        return Outcome.INCONCLUSIVE, (
            f"slot {candidate} has {healthy} healthy targets of the {brought} that it was brought "
            f"to{_details(ours)}"
        )
    if healthy < desired(ours) and ours.failing:
        return Outcome.INCONCLUSIVE, (
            f"slot {candidate} has {healthy} healthy of {desired(ours)} desired "
            f"targets{_details(ours)}"
        )
    if counted.stable is not None and len(theirs.healthy) < counted.stable:
        return Outcome.INCONCLUSIVE, (
            f"slot {candidate.other} has {len(theirs.healthy)} healthy targets and had "
            f"{counted.stable} when the ramp began: it could not carry "
            f"a rollback{_details(theirs)}"
        )
    return Outcome.PASS, (
        f"slot {candidate}: {_fine(ours)}; slot {candidate.other}: {len(theirs.healthy)} healthy"
    )


def _replaced(brought: int) -> int:
    """How many instances may be missing because they are being replaced."""
    return max(1, brought // REPLACED_AT_ONCE)


def _fine(slot: LiveSlot) -> str:
    """`all 3 healthy`; of a group that is growing, how many boot."""
    healthy, booting = len(slot.healthy), desired(slot) - len(slot.healthy)
    return f"{healthy} healthy, {booting} more booting" if booting > 0 else f"all {healthy} healthy"


def _details(slot: LiveSlot) -> str:
    """Which targets are not healthy, and how many are draining."""
    shown = [str(target) for target in slot.unhealthy[:3]]
    rest, draining = len(slot.unhealthy) - len(shown), len(slot.draining)
    targets = ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
    parts = [part for part in (targets, f"{draining} draining" if draining else "") if part]
    return f" ({'; '.join(parts)})" if parts else ""
