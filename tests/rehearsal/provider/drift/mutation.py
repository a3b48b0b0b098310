"""A change that somebody makes to one property in AWS, past the program, and its taking back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from rehearsal.provider.table import Block, Kind, Property, SchemaListOf, SetOf
from tests.rehearsal.provider.attached import Attached

Undo: TypeAlias = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Subject:
    """One resource in AWS, as the stack's state knows it."""

    name: str
    """Its logical name."""
    token: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    stack: Attached
    ids: Mapping[str, str]
    """Every resource's id by logical name."""

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.stack.client(service)


@dataclass(frozen=True, slots=True)
class Mutation:
    """How to change one property with boto3."""

    apply: Callable[[Subject], Undo]
    shows: frozenset[str] = frozenset()
    """The paths that AWS changes together, where it is more than the property itself."""
    on: str = ""
    """The logical name, or its beginning, of a resource that it can be done to."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Why a property cannot be changed in AWS past the program."""

    reason: str


Table: TypeAlias = Mapping[str, "Mutation | Fixed"]

REPLACED = Fixed("AWS has no call that changes it on an existing resource")
PROVIDER_ONLY = Fixed("AWS does not store it: it tells the provider what to do")


def leaves(table: Mapping[str, Property], path: str = "") -> Iterator[str]:
    """Every property of a table that holds a value of its own, by its path without places."""
    for name, entry in table.items():
        kind: Kind = entry.kind
        while isinstance(kind, SchemaListOf | SetOf):
            kind = kind.element
        if isinstance(kind, Block):
            yield from leaves(kind.properties, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def declares(inputs: Any, leaf: str) -> bool:
    """Whether inputs hold a value at a path, in any place of the lists on the way."""
    if isinstance(inputs, list):
        return any(declares(item, leaf) for item in inputs)
    name, _, rest = leaf.partition(".")
    if not isinstance(inputs, Mapping) or name not in inputs:
        return False
    return declares(inputs[name], rest) if rest else True
