"""The tables of a resource type's properties.

A type's inputs are a table of `Property` values over a few kinds. Everything that follows from the
table (check, diff, refresh, import) is written once, in the modules that read it; a family module
adds only how AWS creates, reads, updates and deletes. Pulumi's package schema, which the engine
needs only where it writes code (`pulumi import`), is made from the tables here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rollout.json_value import is_list, is_map

if TYPE_CHECKING:
    from rehearsal.provider.call import ProviderCall


Values: TypeAlias = dict[str, Any]
"""Properties of one resource by Pulumi name, as inputs or as state."""

Validator: TypeAlias = Callable[[Any], str | None]
"""Returns what is wrong with a known value, or None."""

Kind: TypeAlias = "Scalar | SchemaListOf | SetOf | MapOf | Block"
DEFAULTS_KEY: Final = "__defaults"
_SCALARS: dict[type, str] = {str: "string", int: "integer", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value."""

    python: type | tuple[type, ...]
    noun: str
    is_same: Callable[[Any, Any], bool] | None = None
    """When two different texts mean the same (JSON documents); None for plain equality."""


@dataclass(frozen=True, slots=True)
class SchemaListOf:
    """Values whose order matters."""

    element: Kind
    most: int | None = None


@dataclass(frozen=True, slots=True)
class SetOf:
    """Values whose order does not matter."""

    element: Kind
    most: int | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """Values by a key that the user chooses."""

    element: Kind


@dataclass(frozen=True, slots=True)
class Block:
    """A nested object with a table of its own."""

    properties: Mapping[str, Property]


@dataclass(frozen=True, slots=True)
class Property:
    """One input."""

    kind: Kind
    required: bool = False
    default: Any = None
    """Put into the checked inputs when the program gives none, as the official provider does."""
    computed: bool = False
    """AWS chooses when the program gives none, and leaving it out later changes nothing."""
    replaces: bool = False
    """AWS cannot change it in place."""
    provider_only: bool = False
    """AWS does not store it: it lives in the inputs and is carried along in the state."""
    valid: Validator | None = None


@dataclass(frozen=True, slots=True)
class AutoName:
    """How a resource gets a name when the program gives none: the logical name and random hex."""

    property: str = "name"
    most: int = 255


@dataclass(frozen=True, slots=True)
class Tagging:
    """How AWS changes the tags of one family's resources."""

    add: Callable[[ProviderCall, str, dict[str, str]], None]
    remove: Callable[[ProviderCall, str, list[str]], None]


@dataclass(frozen=True, slots=True, repr=False)
class ResourceType:
    """One resource type: its table, and how AWS creates, reads, updates and deletes it."""

    token: str
    properties: Mapping[str, Property]
    outputs: tuple[str, ...]
    """What only AWS knows; unknown in the preview of a creation."""

    create: Callable[[ProviderCall, Values], str]
    """Makes the resource and returns its id; nothing that could fail comes after it exists."""
    read: Callable[[ProviderCall, str], Values | None]
    """Everything that AWS has of it, without `provider_only` inputs; None when it is gone."""
    delete: Callable[[ProviderCall, str, Values], None]
    """Ends when it is gone; the state may be old. No error when it is gone already."""
    update: Callable[[ProviderCall, str, Values, Values, frozenset[str]], object] | None = None
    """Changes the named top-level properties (tags apart) from the old state to the new inputs."""
    settle: Callable[[ProviderCall, str, Values], None] | None = None
    """What comes after the creation call: attributes that take a call of their own, and waiting."""

    tagging: Tagging | None = None
    autoname: AutoName | None = None
    problems: Callable[[Values], Iterable[tuple[str, str]]] | None = None
    """What is wrong between several properties: pairs of a property and the reason."""
    as_declared: Callable[[Values, Values], Values] | None = None
    """Puts a state into the form in which inputs declare it, where AWS knows two of one thing."""
    recomputed: Callable[[frozenset[str], Values], Iterable[str]] = field(
        default=lambda _changed, _inputs: ()
    )
    """Outputs that a change of these properties makes unknown in a preview."""

    def __repr__(self) -> str:
        return f"<{self.token}>"


def without_defaults_key(value: Any) -> Any:
    """A value of inputs as it stands in a state, where no object names its defaults."""
    if is_map(value):
        return {k: without_defaults_key(v) for k, v in value.items() if k != DEFAULTS_KEY}
    if is_list(value):
        return [without_defaults_key(item) for item in value]
    return value


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
