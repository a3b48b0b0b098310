"""The Pulumi package schema of the supported types, made from their tables.

The engine needs it only where it writes code: `pulumi import`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.provider.table import Block, Kind, MapOf, ResourceType, Scalar, SchemaListOf, SetOf

_SCALARS: dict[type, str] = {str: "string", int: "integer", bool: "boolean"}


def package_schema(types: Mapping[str, ResourceType], version: str) -> dict[str, Any]:
    """Resources and object types in the form of Pulumi's metaschema.

    Source: Pulumi docs, "Pulumi package schema".
    """
    objects: dict[str, Any] = {}
    resources = {token: _resource(kind, objects) for token, kind in types.items()}
    modules = sorted({token.split(":")[1].split("/")[0] for token in types})
    return {
        "name": "aws",
        "version": version,
        "resources": resources,
        "types": objects,
        "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},
        "language": {"python": {"moduleNameOverrides": {module: module for module in modules}}},
    }


def _resource(kind: ResourceType, objects: dict[str, Any]) -> dict[str, Any]:
    inputs = {
        name: _type(entry.kind, kind.token, name, objects)
        for name, entry in kind.properties.items()
    }
    required = [name for name, entry in kind.properties.items() if entry.required]
    outputs = {name: {"type": "string"} for name in kind.outputs if name != "id"}
    return {
        "inputProperties": inputs,
        "requiredInputs": required,
        "properties": {**outputs, **inputs},
        "required": required,
    }


def _type(kind: Kind, token: str, path: str, objects: dict[str, Any]) -> dict[str, Any]:
    if isinstance(kind, Scalar):
        python = kind.python if isinstance(kind.python, type) else float
        return {"type": _SCALARS.get(python, "number")}
    if isinstance(kind, MapOf):
        inner = _type(kind.element, token, path, objects)
        return {"type": "object", "additionalProperties": inner}
    if isinstance(kind, SchemaListOf | SetOf):
        return {"type": "array", "items": _type(kind.element, token, path, objects)}
    assert isinstance(kind, Block)
    return {"$ref": f"#/types/{_object(kind, token, path, objects)}"}


def _object(kind: Block, token: str, path: str, objects: dict[str, Any]) -> str:
    module, _, resource = token.removeprefix("aws:").partition(":")
    name = resource + path[0].upper() + path[1:]
    own = f"aws:{module.split('/')[0]}/{name}:{name}"
    objects[own] = {
        "type": "object",
        "properties": {
            key: _type(entry.kind, token, path + key[0].upper() + key[1:], objects)
            for key, entry in kind.properties.items()
        },
        "required": [key for key, entry in kind.properties.items() if entry.required],
    }
    return own
