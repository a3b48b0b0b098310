"""Values as a policy meets them: numbers as floats, flags as text, and some not known yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

Properties = Mapping[str, Any]
"""The inputs of a resource, or a part of them."""


def has(properties: Properties, name: str) -> bool:
    """Whether it is set, without a look at a value that may not be known yet."""
    return name in set(properties)


def is_map(value: object) -> TypeGuard[Properties]:
    """Whether it is a map; its values are unchecked too."""
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def section(properties: Properties, name: str) -> Properties:
    """A part of the inputs; an empty one where it is missing."""
    found = properties.get(name)
    return found if is_map(found) else {}


def sections(properties: Properties, name: str) -> list[Properties]:
    """A list of parts; empty where it is missing."""
    return [part for part in items(properties, name) if is_map(part)]


def items(properties: Properties, name: str) -> Sequence[Any]:
    """A list; empty where it is missing. Its elements are looked at by who reads them."""
    found = properties.get(name)
    return found if _is_list(found) else ()


def is_on(value: Any) -> bool:
    """Whether a flag is set; launch templates write theirs as text."""
    return value is True or value == "true"


def is_off(value: Any) -> bool:
    """Whether a flag is set to no, which is more than not being set."""
    return value is False or value == "false"


def whole_number(value: Any) -> int | None:
    """A whole number, whatever it arrives as (`50.0`, as every number does); `None` for others."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if float(value).is_integer() else None


def shown(value: Any) -> str:
    """A value for a message, as it would stand in JSON."""
    if value is None:
        return "not set"
    number = whole_number(value)
    return json.dumps(value if number is None else number, default=str)


def count_distinct(values: Sequence[Any]) -> int:
    """How many differ; a single one is counted without a look at it."""
    return len(values) if len(values) < 2 else len(set(values))
