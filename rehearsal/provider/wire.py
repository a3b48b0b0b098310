"""Property values as they travel between the engine and the provider.

Plain values become plain Python; a whole float becomes an int; what the engine cannot know yet
becomes `UNKNOWN`. Secrets are unwrapped, and the names of the top-level properties that held one
are kept, so that the same names can be wrapped on the way back.
Source: pulumi/sdk/go/common/resource, the signature keys of special values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

from rehearsal.provider.errors import ProviderNotSupportedError
from rollout.json_value import is_list, is_map

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWN_TEXTS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


class Unknown:
    """A value that only the `up` itself will know. There is one: `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Properties:
    """A decoded property map."""

    values: dict[str, Any]
    """Plain values by property name; absent and null are the same: not here."""

    secrets: frozenset[str]
    """Top-level names whose value was secret, or had a secret inside."""


def decode(struct: struct_pb2.Struct) -> Properties:
    """The property map in a request.

    Raises:
        NotSupportedError: it holds an asset, an archive or a resource reference.
    """
    values: dict[str, Any] = {}
    secrets: set[str] = set()
    for name, field in struct.fields.items():
        value, is_secret = _decode_value(field)
        if value is not None:
            values[name] = value
        if is_secret:
            secrets.add(name)
    return Properties(values, frozenset(secrets))


def _decode_value(value: struct_pb2.Value) -> tuple[Any, bool]:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return (UNKNOWN if value.string_value in UNKNOWN_TEXTS else value.string_value), False
    if kind == "number_value":
        number = value.number_value
        return (int(number) if number.is_integer() else number), False
    if kind == "bool_value":
        return value.bool_value, False
    if kind == "list_value":
        decoded = [_decode_value(item) for item in value.list_value.values]
        items = [item for item, _ in decoded if item is not None]
        return items, any(secret for _, secret in decoded)
    if kind == "struct_value":
        return _decode_object(value.struct_value)
    return None, False


def _decode_object(struct: struct_pb2.Struct) -> tuple[Any, bool]:
    signature = struct.fields.get(SIGNATURE_KEY)
    if signature is None:
        inner = decode(struct)
        return inner.values, bool(inner.secrets)
    if signature.string_value == SECRET_SIGNATURE:
        return _decode_value(struct.fields["value"])[0], True
    if signature.string_value == OUTPUT_SIGNATURE:
        value = _decode_value(struct.fields["value"])[0] if "value" in struct.fields else UNKNOWN
        return value, struct.fields["secret"].bool_value if "secret" in struct.fields else False
    raise ProviderNotSupportedError(
        "an asset, an archive or a resource as a property value is not supported by the rehearsal"
    )


def encode(values: Mapping[str, Any], secrets: Iterable[str] = ()) -> struct_pb2.Struct:
    """The property map of an answer, with the properties named in `secrets` wrapped as secret."""
    struct = struct_pb2.Struct()
    wrapped = frozenset(secrets)
    for name, value in values.items():
        if value is None:
            continue
        if name in wrapped:
            secret = struct.fields[name].struct_value
            secret.fields[SIGNATURE_KEY].string_value = SECRET_SIGNATURE
            _encode_value(secret.fields["value"], value)
        else:
            _encode_value(struct.fields[name], value)
    return struct


def _encode_value(target: struct_pb2.Value, value: Any) -> None:
    if value is UNKNOWN:
        target.string_value = UNKNOWN_TEXT
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif is_map(value):
        target.struct_value.Clear()
        target.struct_value.SetInParent()
        for name, item in value.items():
            if item is not None:
                _encode_value(target.struct_value.fields[name], item)
    elif is_list(value):
        target.list_value.SetInParent()
        for item in value:
            _encode_value(target.list_value.values.add(), item)
    else:
        target.null_value = struct_pb2.NULL_VALUE
