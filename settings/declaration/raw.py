"""The top level of the config as the engine hands it over: text, and maps as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from settings.declaration.command import NAMESPACE
from settings.declaration.key import KeyGroup
from settings.declaration.kind import Flag, Json, Text

Value = TypeVar("Value")

_FLAGS: Mapping[str, Json] = {"true": True, "false": False}


def decoded(raw: Mapping[str, str], top: KeyGroup[Any]) -> dict[str, Json]:
    """The values of our namespace, by their bare names; what cannot be decoded stays text.

    `raw` has every key with its namespace, as `PULUMI_CONFIG` has.
    """
    kinds = {m.name: None if isinstance(m, KeyGroup) else m.kind for m in top.members}
    values: dict[str, Json] = {}
    for key, text in raw.items():
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE:
            continue
        kind = kinds.get(name)
        if isinstance(kind, Flag):
            values[name] = _FLAGS.get(text, text)
        elif name in kinds and (kind is None or not isinstance(kind, Text)):
            values[name] = _from_json(text)
        else:
            values[name] = text
    return values


def in_namespace(raw: Mapping[str, Value], namespace: str) -> dict[str, Value]:
    """The values of another namespace, by their bare names."""
    prefix = f"{namespace}:"
    return {k.removeprefix(prefix): v for k, v in raw.items() if k.startswith(prefix)}


def _from_json(text: str) -> Json:
    """A map or a list from its JSON; anything else is the text that a person typed."""
    try:
        value: Json = json.loads(text)
    except json.JSONDecodeError:
        return text
    return value if isinstance(value, (dict, list)) else text
