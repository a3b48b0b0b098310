"""`import.json`: what `pulumi import --file` brings under the stack's care."""

from __future__ import annotations

from typing import Any

from ops.adopt.proposal import Import
from ops.adopt.state import State
from ops.plan.service_plan import RULE, SERVICE


def missing(imports: tuple[Import, ...], state: State) -> tuple[Import, ...]:
    """Those that the state does not have."""
    return tuple(each for each in imports if state.rule_arn(each.service) != each.rule_arn)


def import_document(imports: tuple[Import, ...], state: State) -> dict[str, Any]:
    """The file. A rule's parent is its service's component, which is made where it is not known.

    Source: Pulumi docs, "Importing resources", bulk import (`component`, `logicalName`).
    """
    resources: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for each in imports:
        parent = state.urn_of(SERVICE, each.service)
        if parent is None:
            resources.append({"type": SERVICE, "name": each.service, "component": True})
        else:
            names[each.service] = parent
        resources.append(
            {
                "type": RULE,
                "name": f"{each.service}-rule",
                "logicalName": each.service,
                "id": each.rule_arn,
                "parent": each.service,
            }
        )
    return {"nameTable": names, "resources": resources} if names else {"resources": resources}
