"""What an Auto Scaling group launches from, and which target groups it fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class LaunchKind(Enum):
    """The three ways to configure what a group launches."""

    TEMPLATE = "launch template"
    MIXED_INSTANCES = "mixed instances policy"
    CONFIGURATION = "launch configuration"


@dataclass(frozen=True, slots=True)
class LaunchSource:
    """What a group launches from, or an instance was launched from, as AWS names it."""

    kind: LaunchKind
    id: str
    """The id of a launch template; the name of a configuration."""
    name: str
    """The id if AWS does not return the name."""
    version: str
    """A number, `$Latest` or `$Default`; empty for a configuration, which has no versions."""


def launch_source(owner: Mapping[str, Any]) -> LaunchSource | None:
    """What a group or an instance of DescribeAutoScalingGroups is launched from.

    Source: EC2 Auto Scaling API, LaunchTemplateSpecification, MixedInstancesPolicy.
    """
    mixed = owner.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = owner.get("LaunchTemplate")
    if named := template or mixed.get("LaunchTemplateSpecification"):
        kind = LaunchKind.TEMPLATE if template else LaunchKind.MIXED_INSTANCES
        # AWS returns both for a group that was created with a name.
        id_ = named.get("LaunchTemplateId") or named["LaunchTemplateName"]
        name = named.get("LaunchTemplateName") or id_
        return LaunchSource(kind, id_, name, str(named.get("Version") or "$Default"))
    if name := owner.get("LaunchConfigurationName"):
        return LaunchSource(LaunchKind.CONFIGURATION, name, name, "")
    return None


def registered_in(group: Mapping[str, Any]) -> tuple[str, ...]:
    """The target groups that a group registers its instances in, each once.

    AWS returns them as target groups, as traffic sources, or as both.
    Source: EC2 Auto Scaling API, AutoScalingGroup.TargetGroupARNs, TrafficSources.
    """
    sources = [s["Identifier"] for s in group.get("TrafficSources", ()) if "Identifier" in s]
    return tuple(dict.fromkeys([*group.get("TargetGroupARNs", ()), *sources]))
