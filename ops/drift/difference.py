"""How AWS differs from the program, in plain words."""

from __future__ import annotations

from ops.plan.plan import Plan
from ops.plan.property_change import PropertyChange, property_changes
from ops.plan.resource_step import Operation, ResourceStep
from ops.plan.service_plan import RULE


def differences(plan: Plan) -> tuple[str, ...]:
    """One sentence for each difference, from a preview that has read AWS first."""
    weights = [
        f"{service.name}: the live weights are {service.weights.before}, the program says "
        f"{service.weights.after}"
        for service in plan.services
        if service.gains is not None
    ]
    return (*weights, *(line for step in plan.changes for line in _lines(step)))


def _lines(step: ResourceStep) -> list[str]:
    named = f"{step.type_name} {step.name}"
    if step.operation in (Operation.CREATE, Operation.IMPORT):
        return [f"{named}: the program has it, AWS or the stack's state does not"]
    if step.operation is Operation.DELETE:
        return [f"{named}: AWS has it, the program does not"]
    if not step.changed_paths:
        return [f"{named}: would be changed by the next update"]
    others = (each for each in property_changes(step) if not _is_weight(step, each))
    return [f"{named}: {_property(change)}" for change in others]


def _is_weight(step: ResourceStep, change: PropertyChange) -> bool:
    return step.type_token == RULE and change.path.endswith(".weight")


def _property(change: PropertyChange) -> str:
    live = "not set" if change.before is None else change.before
    wanted = "nothing" if change.after is None else change.after
    if live == wanted:
        return f"{change.path} differs ({live})"
    return f"{change.path} is {live} in AWS, the program says {wanted}"
