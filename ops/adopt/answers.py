"""What no inspection can tell, and a person or a flag must say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.inspect.document import Inspection, ListenerReport, RuleReport
from ops.inspect.obstacles import obstacles
from ops.inspect.rule_obstacles import candidates

_CONVENTIONAL = re.compile(
    r"(?P<org>[a-z0-9]+)-(?P<region>[a-z0-9]+)-(?P<environment>[a-z0-9]+)"
    r"-(?P<service>[a-z0-9-]+?)(-0[12])?-tg"
)


@dataclass(frozen=True, slots=True)
class Naming:
    """The first parts of every name that the stack gives."""

    org: str
    region_code: str
    environment: str


@dataclass(frozen=True, slots=True)
class Answers:
    """All that was asked, answered."""

    services: Mapping[str, str]
    """Service to the target group that becomes its slot 01."""
    naming: Naming
    security_group_id: str
    """Of the load balancer; the new instances take requests from it."""
    images: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service to the image of slot 02; else what slot 01 runs."""
    instance_types: Mapping[str, str] = field(default_factory=dict[str, str])
    second_groups: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service to a target group that is there and becomes slot 02."""
    second_names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service to the name of the target group that is made for slot 02."""
    protection: bool = True


def suggested_services(inspection: Inspection) -> dict[str, str]:
    """Service names to target groups, as their names suggest: only those that nothing stops."""
    found: dict[str, str] = {}
    for _, rule in candidates(inspection):
        if not any(each.stops for each in obstacles(inspection, {rule.arn})):
            name = inspection.name_of(rule.groups[0].arn)
            match = _CONVENTIONAL.fullmatch(name)
            if match:
                found[match["service"]] = name
    return dict(sorted(found.items()))


def suggested_naming(names: list[str]) -> Naming | None:
    """The parts that the names of target groups have in common, where they have any."""
    matches = [_CONVENTIONAL.fullmatch(name) for name in names]
    parts = {(m["org"], m["region"], m["environment"]) for m in matches if m}
    return Naming(*parts.pop()) if len(parts) == 1 else None


def rule_of(inspection: Inspection, group_name: str) -> tuple[ListenerReport, RuleReport] | None:
    """The one rule whose first group, slot 01, has this name; else the one that has it at all."""
    placed = [found for found in candidates(inspection) if found[1].priority is not None]
    names = {rule.arn: [inspection.name_of(g.arn) for g in rule.groups] for _, rule in placed}
    first = [found for found in placed if names[found[1].arn][0] == group_name]
    found = first or [found for found in placed if group_name in names[found[1].arn]]
    return found[0] if len(found) == 1 else None
