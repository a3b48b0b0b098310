"""Generated inputs for any resource type, made from its table."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from rehearsal.provider.families import RESOURCE_TYPES
from rehearsal.provider.table import (
    Block,
    Kind,
    MapOf,
    Property,
    ResourceType,
    Scalar,
    SchemaListOf,
    SetOf,
    Values,
)

texts = st.text("abcdefghij-./_ ", min_size=1, max_size=6)
json_texts = st.dictionaries(texts, st.integers(), max_size=3).map(json.dumps)
resource_types = st.sampled_from(list(RESOURCE_TYPES.values()))


def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Any value of a kind; validators are not asked, the mechanism must not need them."""
    if isinstance(kind, Scalar):
        if kind.is_same is not None:
            return json_texts
        by_type: dict[Any, st.SearchStrategy[Any]] = {
            str: texts,
            int: st.integers(1, 99),
            bool: st.booleans(),
        }
        return by_type.get(kind.python, st.floats(0.5, 99))
    if isinstance(kind, Block):
        return blocks_of(kind.properties)
    if isinstance(kind, MapOf):
        return st.dictionaries(texts, values_of(kind.element), max_size=3)
    unique = (lambda value: repr(value)) if isinstance(kind, SetOf) else None
    return st.lists(values_of(kind.element), min_size=1, max_size=3, unique_by=unique)


@st.composite
def blocks_of(draw: st.DrawFn, table: Mapping[str, Property]) -> Values:
    """An object of a table as `check` leaves it: required and defaulted values are always there."""
    block: Values = {"__defaults": []}
    for name, entry in table.items():
        chosen = entry.required or draw(st.booleans())
        if chosen:
            block[name] = draw(values_of(entry.kind))
        elif entry.default is not None:
            block[name] = entry.default
            block["__defaults"].append(name)
    return block


@st.composite
def declared(draw: st.DrawFn) -> tuple[ResourceType, Values]:
    """A resource type with checked inputs of it."""
    kind = draw(resource_types)
    return kind, draw(blocks_of(kind.properties))


def shuffled(kind: Kind, value: Any, source: random.Random) -> Any:
    """The same value with every set in another order, as AWS may tell it."""
    if isinstance(kind, Block):
        table = kind.properties
        return {
            name: shuffled(table[name].kind, item, source) if name in table else item
            for name, item in value.items()
        }
    if isinstance(kind, MapOf):
        return {key: shuffled(kind.element, item, source) for key, item in value.items()}
    if isinstance(kind, SchemaListOf | SetOf):
        items = [shuffled(kind.element, item, source) for item in value]
        if isinstance(kind, SetOf):
            source.shuffle(items)
        return items
    return value
