"""A plan as a JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ops.plan import wording
from ops.plan.plan import DeploymentPlan
from ops.plan.resource_step import ResourceStep, property_changes
from ops.plan.service_plan import ServicePlan


def plan_document(plan: DeploymentPlan) -> dict[str, Any]:
    """The plan for a program; keys in camelCase, and no secret in it."""
    return {
        "stack": plan.stack,
        "outcome": plan.outcome.value,
        "refusals": list(plan.refusals),
        "services": {service.name: _service(service) for service in plan.services},
        "judgement": [
            {
                "kind": notice.kind.value,
                "service": notice.service,
                "change": notice.change,
                "text": notice.text,
            }
            for notice in plan.notices
        ],
        "policy": {
            "packs": list(plan.packs),
            "findings": [
                {
                    "policy": violation.policy,
                    "resources": list(violation.resources),
                    "message": violation.message,
                    "mandatory": violation.is_mandatory,
                }
                for violation in plan.violations
            ],
        },
        "costs": [{"what": cost.what, "more": cost.is_more} for cost in plan.costs],
        "counts": {str(operation): count for operation, count in plan.counts.items()},
        "changes": [_change(step) for step in plan.changes],
        "errors": [_diagnostic(error.name, error.message) for error in plan.errors],
        "warnings": [_diagnostic(warning.name, warning.message) for warning in plan.warnings],
    }


def _service(service: ServicePlan) -> dict[str, Any]:
    return {
        "weights": asdict(service.weights),
        "gains": None if service.gains is None else service.gains.value,
        "slots": {
            slot.slot.value: {
                "image": asdict(slot.image),
                "instanceType": asdict(slot.instance_type),
                "min": asdict(slot.min_size),
                "max": asdict(slot.max_size),
                "floor": slot.floor,
                "instances": asdict(wording.capacity(slot)),
            }
            for slot in service.slots
        },
    }


def _change(step: ResourceStep) -> dict[str, Any]:
    return {
        "operation": step.operation.value,
        "type": step.type_token,
        "name": step.name,
        "urn": step.urn,
        "protected": step.is_protected,
        "properties": [asdict(change) for change in property_changes(step)],
    }


def _diagnostic(name: str, message: str) -> dict[str, str]:
    return {"resource": name, "message": message}
