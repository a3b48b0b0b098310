"""The sentences of a plan, the same in every form that it is shown in."""

from __future__ import annotations

from ops.plan.plan import DeploymentPlan, PlanOutcome
from ops.plan.resource_step import Operation
from ops.plan.service_plan import BeforeAndAfter, ServicePlan, SlotPlan
from rollout.notice import NoticeKind
from rollout.split import Slot

_DONE = {
    Operation.CREATE: "to create",
    Operation.IMPORT: "to import",
    Operation.UPDATE: "to update",
    Operation.REPLACE: "to replace",
    Operation.DELETE: "to delete",
    Operation.SAME: "unchanged",
}


def title(plan: DeploymentPlan) -> str:
    """What the plan comes to, in a few words."""
    if plan.outcome is PlanOutcome.NO_CHANGE:
        return "no change"
    if plan.outcome is PlanOutcome.REFUSED:
        return "an update would be refused"
    if plan.outcome is PlanOutcome.BAD_CONFIG:
        return "the config is refused"
    if plan.outcome is PlanOutcome.FAILED:
        return "the preview failed"
    changes = ", ".join(
        f"{plan.counts[operation]} {_DONE[operation]}"
        for operation in Operation
        if operation is not Operation.SAME and plan.counts[operation]
    )
    kinds = {notice.kind for notice in plan.notices}
    first = ", after a wait" if NoticeKind.WILL_WAIT in kinds else ""
    through = ", by an override" if NoticeKind.OVERRIDE in kinds else ""
    return f"{changes}{first}{through}"


def counted(plan: DeploymentPlan) -> str:
    """`2 to update, 54 unchanged`."""
    counts = [f"{plan.counts[each]} {_DONE[each]}" for each in (*_DONE,) if plan.counts[each]]
    return ", ".join(counts) or "nothing was looked at"


def traffic(service: ServicePlan) -> str:
    """`web: 100/0 → 75/25, slot 02 gains 25`."""
    before, after = service.weights.before, service.weights.after
    if after is None:
        return f"{service.name}: {before or 'no weights'} → no rule"
    if before is None:
        return f"{service.name}: new, at {after}"
    if not service.is_shifted:
        return f"{service.name}: stays at {after}"
    gained = f", slot {service.gains} gains {abs(service.gained)}" if service.gains else ""
    return f"{service.name}: {before} → {after}{gained}"


def slot_weight(service: ServicePlan, slot: Slot) -> BeforeAndAfter:
    """The share of one slot, before and after."""
    before, after = service.weights.before, service.weights.after
    return BeforeAndAfter(
        None if before is None else str(_of(before, slot)),
        None if after is None else str(_of(after, slot)),
    )


def capacity(slot: SlotPlan) -> BeforeAndAfter:
    """`3 to 12 m7i.large`, before and after, with the floor that a ramp holds."""
    if not slot.has_instances:
        return BeforeAndAfter("not the stack's own", "not the stack's own")
    floor = "" if slot.floor is None else f", floor {slot.floor}"
    sides = (
        (slot.min_size.before, slot.max_size.before, slot.instance_type.before, ""),
        (slot.min_size.after, slot.max_size.after, slot.instance_type.after, floor),
    )
    before, after = (
        None if low is None else f"{low} to {high} {kind or 'instances'}"
        for low, high, kind, _ in sides
    )
    if before == after and after is not None:
        return BeforeAndAfter(f"{after}{floor}", f"{after}{floor}")
    return BeforeAndAfter(before, None if after is None else f"{after}{floor}")


def judged(plan: DeploymentPlan) -> str:
    """The sentence for a plan without a judgement of the guards."""
    if plan.notices:
        return "refused, see above"
    if plan.changes:
        return "the guards reported nothing in this preview"
    return "nothing changes, so there is nothing to judge"


def policies(plan: DeploymentPlan) -> str:
    """The sentence before the list of violations."""
    if not plan.packs:
        return "no policy pack looked at this plan"
    if plan.has_broken and not plan.violations:
        return f"not all of this plan was looked at ({', '.join(plan.packs)})"
    mandatory = sum(len(each.resources) for each in plan.violations if each.is_mandatory)
    advisory = sum(len(each.resources) for each in plan.violations if not each.is_mandatory)
    counts = [
        f"{count} {word}{'s' if count != 1 else ''}"
        for count, word in ((mandatory, "violation"), (advisory, "warning"))
        if count
    ]
    return f"{', '.join(counts) or 'no violation and no warning'} ({', '.join(plan.packs)})"


def _of(split: str, slot: Slot) -> int:
    return int(split.split("/")[tuple(Slot).index(slot)])
