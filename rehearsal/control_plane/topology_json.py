"""The topology as JSON and back, by its own annotations."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from typing import Any

from rehearsal.control_plane.topology import Topology


def encoded(topology: Topology) -> str:
    """The topology as one JSON object."""
    return json.dumps(dataclasses.asdict(topology))


def decoded(document: Mapping[str, Any]) -> Topology:
    """The topology that `encoded` was given, from the parsed JSON."""
    return _value(Topology, document)


def _value(kind: Any, data: Any) -> Any:
    if data is None:
        return None
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast("type[Any]", kind), data)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return tuple(_value(arguments[0], entry) for entry in data)
    if origin in (typing.Union, types.UnionType):
        return _value(_chosen(arguments, data), data)
    return dict(data) if origin is Mapping else data


def _chosen(kinds: tuple[Any, ...], data: Any) -> Any:
    """The member of a union that `data` is: of records the one with exactly its fields."""
    records = [kind for kind in kinds if dataclasses.is_dataclass(kind)]
    if not records:
        return next(kind for kind in kinds if kind is not types.NoneType)
    return next(kind for kind in records if set(data) == {f.name for f in dataclasses.fields(kind)})


def _record(kind: type[Any], data: Mapping[str, Any]) -> Any:
    return kind(**{name: _value(hint, data[name]) for name, hint in _hints(kind).items()})


@functools.cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)
