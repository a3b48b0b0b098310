"""An Auto Scaling group's reference to a launch template version."""

from __future__ import annotations

from typing import Any

from rehearsal.provider.table import Block, Property, Values
from rehearsal.provider.values import STRING

LAUNCH_REFERENCE = Block(
    {
        "id": Property(STRING, computed=True),
        "name": Property(STRING, computed=True),
        "version": Property(STRING, computed=True),
    }
)


def as_aws(declared: Values) -> Any:
    """AWS takes an id or a name, not both."""
    told: dict[str, Any] = {}
    if declared.get("id"):
        told["LaunchTemplateId"] = declared["id"]
    elif declared.get("name"):
        told["LaunchTemplateName"] = declared["name"]
    if declared.get("version"):
        told["Version"] = declared["version"]
    return told


def from_aws(told: Any) -> Values | None:
    """The reference as a property."""
    if not told:
        return None
    return {
        "id": told.get("LaunchTemplateId"),
        "name": told.get("LaunchTemplateName"),
        "version": told.get("Version"),
    }
