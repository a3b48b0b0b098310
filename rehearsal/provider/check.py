"""Are these inputs right, and what are they with their defaults?

The checked inputs hold the defaults, and each object names in `__defaults` which of its values are
not the program's, as the Terraform bridge writes them; the engine hides that key from people.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.provider.table import (
    DEFAULTS_KEY,
    Block,
    Kind,
    MapOf,
    Property,
    ResourceType,
    Scalar,
    SchemaListOf,
    SetOf,
    Values,
    without_defaults_key,
)
from rehearsal.provider.wire import UNKNOWN
from rollout.json_value import is_list, is_map

NAME_SUFFIX_LENGTH = 7


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One reason why inputs are refused."""

    path: str
    reason: str


@dataclass(slots=True)
class _Check:
    token: str
    problems: list[InputProblem] = field(default_factory=lambda: list[InputProblem]())

    def refuse(self, path: str, reason: str) -> None:
        self.problems.append(InputProblem(path, reason))

    def block(self, table: Mapping[str, Property], given: Mapping[str, Any], path: str) -> Values:
        """The object with its defaults; what the table does not know is refused."""
        for name in given.keys() - table.keys() - {DEFAULTS_KEY}:
            self.refuse(
                _join(path, name),
                f"{self.token}: input {_join(path, name)!r} is not supported by the rehearsal",
            )
        checked: Values = {}
        defaulted: list[str] = []
        for name, entry in table.items():
            value = given.get(name)
            if value is None and entry.default is not None:
                checked[name] = entry.default
                defaulted.append(name)
            elif value is None and entry.required:
                self.refuse(_join(path, name), f"missing required property {_join(path, name)!r}")
            elif value is not None:
                checked[name] = self.value(entry, value, _join(path, name))
        checked[DEFAULTS_KEY] = defaulted
        return checked

    def value(self, entry: Property, value: Any, path: str) -> Any:
        """One property's value in its kind's form, validated as far as it is known."""
        checked = self.kind(entry.kind, value, path)
        if entry.valid is not None and isinstance(entry.kind, Scalar) and checked is not UNKNOWN:
            self.validate(entry, checked, path)
        elif entry.valid is not None and is_list(checked):
            for index, item in enumerate(checked):
                if item is not UNKNOWN:
                    self.validate(entry, item, f"{path}[{index}]")
        return checked

    def validate(self, entry: Property, value: Any, path: str) -> None:
        wrong = entry.valid(value) if entry.valid and value is not None else None
        if wrong is not None:
            self.refuse(path, f"{path}: {wrong}")

    def kind(self, kind: Kind, value: Any, path: str) -> Any:
        if value is UNKNOWN:
            return value
        if isinstance(kind, Scalar):
            return self.scalar(kind, value, path)
        if isinstance(kind, Block):
            if is_map(value):
                return self.block(kind.properties, value, path)
            return self.mistyped(path, "an object", value)
        if isinstance(kind, MapOf):
            if is_map(value):
                pairs = ((key, item) for key, item in value.items() if key != DEFAULTS_KEY)
                return {key: self.kind(kind.element, item, f"{path}.{key}") for key, item in pairs}
            return self.mistyped(path, "a map", value)
        return self.items(kind, value, path)

    def items(self, kind: SchemaListOf | SetOf, value: Any, path: str) -> Any:
        if not is_list(value):
            return self.mistyped(path, "a list", value)
        if kind.most is not None and len(value) > kind.most:
            self.refuse(path, f"{path}: at most {kind.most} entries, got {len(value)}")
        return [self.kind(kind.element, item, f"{path}[{at}]") for at, item in enumerate(value)]

    def scalar(self, kind: Scalar, value: Any, path: str) -> Any:
        coerced = coerced_scalar(kind, value)
        return self.mistyped(path, kind.noun, value) if coerced is None else coerced

    def mistyped(self, path: str, noun: str, value: Any) -> None:
        self.refuse(path, f"{path}: expected {noun}, got {value!r}")


def coerced_scalar(kind: Scalar, value: Any) -> Any:
    """The value in its kind, with the conversions that the bridge makes; None if it does not fit.

    Source: Terraform's primitive conversions: numbers and booleans to and from their texts.
    """
    if kind.python is str:
        if kind.is_same is not None and isinstance(value, dict | list):
            return _document(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, str | int | float) else None
    if kind.python is bool:
        return {"true": True, "false": False}.get(str(value).lower())
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = _number(value)
    return value if isinstance(value, kind.python) else None


def _document(value: Any) -> Any:
    """A document that a program gives as an object, as its text."""
    plain = without_defaults_key(value)
    return UNKNOWN if _has_unknown(plain) else json.dumps(plain)


def _has_unknown(value: Any) -> bool:
    if is_map(value):
        return any(_has_unknown(item) for item in value.values())
    if is_list(value):
        return any(_has_unknown(item) for item in value)
    return value is UNKNOWN


def _number(text: str) -> int | float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def checked_inputs(
    kind: ResourceType,
    given: Values,
    *,
    old_inputs: Values,
    logical_name: str,
    seed: bytes,
    default_tags: Mapping[str, str],
) -> tuple[Values, list[InputProblem]]:
    """The inputs with defaults, name and default tags, and everything that is wrong with them."""
    check = _Check(kind.token)
    if kind.tagging is not None and default_tags and given.get("tags") is not UNKNOWN:
        given = {**given, "tags": {**default_tags, **(given.get("tags") or {})}}
    checked = check.block(kind.properties, given, "")
    if kind.autoname is not None and kind.autoname.property not in checked:
        name = kind.autoname.property
        checked[name] = _automatic_name(kind, old_inputs, logical_name, seed)
        checked[DEFAULTS_KEY] = [*checked[DEFAULTS_KEY], name]
    if kind.problems is not None and not check.problems:
        for path, reason in kind.problems(checked):
            check.refuse(path, f"{path}: {reason}")
    return checked, check.problems


def _automatic_name(kind: ResourceType, old_inputs: Values, logical_name: str, seed: bytes) -> str:
    assert kind.autoname is not None
    name = kind.autoname.property
    if name in old_inputs.get(DEFAULTS_KEY, ()) and name in old_inputs:
        return str(old_inputs[name])
    suffix = hashlib.sha256(seed or logical_name.encode()).hexdigest()[:NAME_SUFFIX_LENGTH]
    return f"{logical_name[: kind.autoname.most - NAME_SUFFIX_LENGTH - 1]}-{suffix}"
