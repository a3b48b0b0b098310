"""One property of a resource, before and after, as far as it can be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.plan.resource_step import ResourceStep
from rollout.json_value import is_map, list_of, map_of

SECRET = "[secret]"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which the engine marks special values. Source: Pulumi SDK, `sig.Key`."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's word for what is known after the update. Source: Pulumi SDK,
`plugin.UnknownStringValue`."""
_LONGEST = 80
_PART = re.compile(r"\[\"((?:[^\"\\]|\\.)*)\"\]|\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property before and after; `None` where it is not there."""

    path: str
    before: str | None
    after: str | None


def property_changes(step: ResourceStep) -> tuple[PropertyChange, ...]:
    """What changes in a resource; nothing that was or is secret is shown."""
    return tuple(
        PropertyChange(path, _shown(value_before(step, path)), _shown(_at(step.new_inputs, path)))
        for path in step.changed_paths
    )


def value_before(step: ResourceStep, path: str) -> object:
    """What the property at `path` was, a secret as the engine wraps it; `None` if not there."""
    return _at({**step.old_outputs, **step.old_inputs}, path)


def _at(properties: Mapping[str, Any], path: str) -> object:
    value: Any = properties
    for quoted, index, key in _PART.findall(path):
        if is_map(value) and _SIGNATURE in value:
            return value
        if index:
            value = next(iter(list_of(value)[int(index) :]), None)
        else:
            value = map_of(value).get(quoted or key)
        if value is None:
            return None
    return value


def _shown(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    if _SIGNATURE in text or SECRET in text:
        return SECRET
    if UNKNOWN in text:
        return "known after the update"
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{len(text)} characters"
