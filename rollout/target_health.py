"""Whether the targets of both slots can carry a split, and carry it back."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.capacity import needed_for
from rollout.observation import LiveService, LiveSlot
from rollout.split import Slot
from rollout.verdict import Number, Outcome


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """What the targets of one service say."""

    outcome: Outcome
    reason: str
    numbers: dict[str, Number]


def judged_target_health(
    live: LiveService, candidate: Slot, weight: int, stable_before: int | None
) -> TargetHealth:
    """Judge the targets as they are at one moment.

    An ALB sends everything to all targets of a group when none is healthy (it fails open), so a
    slot without a healthy target is failing, whatever its targets answer.
    Source: ELB user guide, "Health checks for your target groups".

    Args:
        live: The service.
        candidate: The slot that is raised.
        weight: Its share of new requests, 0 to 100.
        stable_before: How many healthy targets the stable slot had when the ramp began, which it
            needs to take everything back; None where it need not have them, or that is not known.
    """
    ours, theirs = live.slots[candidate], live.slots[candidate.other]
    numbers: dict[str, Number] = {
        f"{live.name}.{slot}.{name}": count
        for slot, side in ((candidate, ours), (candidate.other, theirs))
        for name, count in (("healthy", len(side.healthy)), ("desired", _desired(side)))
    }
    outcome, reason = _judged(ours, theirs, candidate, weight, stable_before)
    return TargetHealth(outcome, f"{live.name}: {reason}", numbers)


def _judged(
    ours: LiveSlot, theirs: LiveSlot, candidate: Slot, weight: int, stable_before: int | None
) -> tuple[Outcome, str]:
    healthy, desired, stable = len(ours.healthy), _desired(ours), candidate.other
    if weight and not healthy:
        return Outcome.FAIL, f"slot {candidate} has no healthy target{_ill(ours)}"
    fleet = max(desired, _desired(theirs))
    needed = needed_for(weight, fleet)
    if weight and healthy < needed:
        return Outcome.FAIL, (
            f"slot {candidate} has {healthy} healthy of {desired} desired targets; its {weight} % "
            f"take {needed}{_ill(ours)}"
        )
    if healthy < max(desired, 1):
        return Outcome.INCONCLUSIVE, (
            f"slot {candidate} has {healthy} healthy of {desired} desired targets{_ill(ours)}"
        )
    if stable_before is not None and len(theirs.healthy) < stable_before:
        return Outcome.INCONCLUSIVE, (
            f"slot {stable} has {len(theirs.healthy)} healthy targets and had {stable_before} when "
            f"the ramp began: it could not take everything back{_ill(theirs)}"
        )
    return Outcome.PASS, (
        f"slot {candidate}: all {desired} healthy; slot {stable}: {len(theirs.healthy)} healthy"
    )


def _desired(slot: LiveSlot) -> int:
    """What its group wants; where the group is not known, what is registered."""
    return slot.group.desired if slot.group is not None else len(slot.targets)


def _ill(slot: LiveSlot) -> str:
    if not slot.unhealthy:
        return ""
    shown = ", ".join(str(target) for target in slot.unhealthy[:3])
    rest = len(slot.unhealthy) - 3
    return f" ({shown}{f' and {rest} more' if rest > 0 else ''})"
