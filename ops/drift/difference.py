"""How AWS differs from the program, in plain words."""

from __future__ import annotations

from ops.plan.plan import Plan
from ops.plan.property_change import PropertyChange, property_changes
from ops.plan.resource_step import Operation, ResourceStep


def differences(plan: Plan) -> tuple[str, ...]:
    """One sentence for each difference, from a preview that has read AWS first."""
    return tuple(line for step in plan.changes for line in _lines(step))


def _lines(step: ResourceStep) -> list[str]:
    named = f"{step.type_name} {step.name}"
    if step.operation in (Operation.CREATE, Operation.IMPORT):
        return [f"{named}: the program has it, AWS or the stack's state does not"]
    if step.operation is Operation.DELETE:
        return [f"{named}: AWS has it, the program does not"]
    lines = [f"{named}: {_property(change)}" for change in property_changes(step)]
    return lines or [f"{named}: would be changed by the next update"]


def _property(change: PropertyChange) -> str:
    live = "not set" if change.before is None else change.before
    wanted = "nothing" if change.after is None else change.after
    if live == wanted:
        return f"{change.path} differs ({live})"
    return f"{change.path} is {live} in AWS, the program says {wanted}"
