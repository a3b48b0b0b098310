"""Parts of an unchecked value: from JSON, YAML, an engine's state or an API.

`map_of` and `list_of` take a value of another form for an empty one. They are not for what a guard
or an account check rests on: there, a value of another form is an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard


def is_map(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether it is a map; its values are unchecked too."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether it is a list or a tuple; its entries are unchecked too."""
    return isinstance(value, (list, tuple))


def map_of(value: object) -> Mapping[str, Any]:
    """The map that it is; an empty one where it is something else, or missing."""
    return value if is_map(value) else {}


def list_of(value: object) -> Sequence[Any]:
    """The list that it is; an empty one where it is something else, or missing."""
    return value if is_list(value) else []
