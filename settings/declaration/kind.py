"""The kinds of value that a config key can hold; each reads one JSON value or refuses it."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A config value as the engine hands it over: YAML that became JSON."""

JsonSchema: TypeAlias = "dict[str, Any]"
"""A part of a JSON schema, draft 7."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """What is wrong with a value, or with the entry of it that `at` leads to."""

    value: Json
    expected: str
    at: str = ""
    instead: Json = None
    """A right value to offer, where the wrong one shows what is meant."""
    is_unknown: bool = False
    """Whether there is nothing of that name, so that it must be taken out."""


class RefusedValueError(ValueError):
    """A value that is not of its kind, with every problem in it."""

    def __init__(self, *problems: ValueProblem) -> None:
        """Hold `problems`, of which there is at least one."""
        self.problems = problems
        super().__init__(problems)


class ValueKind(Protocol[T_co]):
    """What a key may hold."""

    @property
    def name(self) -> str:
        """The kind in a word or two, for the reference."""
        ...

    @property
    def expected(self) -> str:
        """What a right value is; completes "expected: "."""
        ...

    @property
    def json_schema(self) -> JsonSchema:
        """What an editor accepts: all that `read` does, and as little else as possible.

        In the words of JSON schema, with the keywords `patternErrorMessage` and `errorMessage` of
        the YAML language server, so that the editor shows what is expected.
        """
        ...

    def read(self, value: Json) -> T_co:
        """The value in its Python form.

        Raises:
            RefusedValueError: `value` is not of this kind.
        """
        ...


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A whole number in a range, both ends included."""

    lowest: int
    highest: int
    name: str = "integer"

    @property
    def expected(self) -> str:
        """The range, in words."""
        return f"a whole number from {self.lowest} to {self.highest}, without quotes"

    @property
    def json_schema(self) -> JsonSchema:
        """An integer in the range."""
        return {"type": "integer", "minimum": self.lowest, "maximum": self.highest}

    def read(self, value: Json) -> int:
        """A JSON integer; `true` is none, although Python counts it as 1."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise RefusedValueError(
                ValueProblem(value, self.expected, instead=self._nearest(value))
            )
        if not self.lowest <= value <= self.highest:
            raise RefusedValueError(
                ValueProblem(value, self.expected, instead=self._nearest(value))
            )
        return value

    def _nearest(self, value: Json) -> int | None:
        """The number in range that is nearest to what may have been meant."""
        digits = value.strip() if isinstance(value, str) else value
        if isinstance(digits, bool) or not isinstance(digits, (int, float, str)):
            return None
        try:
            meant = float(digits)
        except (ValueError, OverflowError):
            return None
        if not math.isfinite(meant):
            return None
        return int(min(max(meant, self.lowest), self.highest))


def _plain(number: float) -> str:
    """A number as a person writes it: 1000000, not 1e+06."""
    return str(int(number)) if number == int(number) else str(number)


_DECIMAL = r"[0-9]{1,9}(\.[0-9]{1,9})?"


@dataclass(frozen=True, slots=True)
class Decimal:
    """A number in a range, both ends included.

    `pulumi config set --path` keeps what has a point as text, so text that is a number is one.
    """

    lowest: float
    highest: float
    name: str = "number"

    @property
    def expected(self) -> str:
        """The range, in words."""
        return f"a number from {_plain(self.lowest)} to {_plain(self.highest)}"

    @property
    def json_schema(self) -> JsonSchema:
        """A number in the range, or text that is a number."""
        return {
            "type": ["number", "string"],
            "minimum": self.lowest,
            "maximum": self.highest,
            "pattern": f"^{_DECIMAL}$",
            "patternErrorMessage": f"Expected: {self.expected}",
        }

    def read(self, value: Json) -> float:
        """A JSON number, or the same as text."""
        if isinstance(value, (bool, list, dict)) or value is None:
            raise RefusedValueError(ValueProblem(value, self.expected))
        if isinstance(value, str) and re.fullmatch(_DECIMAL, value, re.ASCII) is None:
            raise RefusedValueError(ValueProblem(value, self.expected))
        if not self.lowest <= float(value) <= self.highest:
            raise RefusedValueError(ValueProblem(value, self.expected))
        return float(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""

    name: str = "boolean"
    expected: str = "true or false"

    @property
    def json_schema(self) -> JsonSchema:
        """A boolean."""
        return {"type": "boolean"}

    def read(self, value: Json) -> bool:
        """A JSON boolean."""
        if not isinstance(value, bool):
            raise RefusedValueError(ValueProblem(value, self.expected))
        return value


@dataclass(frozen=True, slots=True)
class Text:
    """A string that matches a pattern from its first to its last character."""

    pattern: str
    expected: str
    name: str = "string"

    @property
    def json_schema(self) -> JsonSchema:
        """A string with the pattern."""
        return matching(self.pattern, self.expected)

    def read(self, value: Json) -> str:
        """A JSON string that matches."""
        if not isinstance(value, str) or re.fullmatch(self.pattern, value, re.ASCII) is None:
            raise RefusedValueError(ValueProblem(value, self.expected))
        return value


class Confidential:
    """Base of the kinds whose values no message shows."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SecretText(Text):
    """Text that a stack file holds encrypted only."""

    name: str = "secret string"

    @property
    def json_schema(self) -> JsonSchema:
        """What `pulumi config set --secret` writes."""
        return {
            "type": "object",
            "properties": {"secure": {"type": "string"}},
            "required": ["secure"],
            "additionalProperties": False,
            "errorMessage": "Expected: a secret, as `pulumi config set` writes it with --secret",
        }


@dataclass(frozen=True, slots=True)
class HiddenSecretText(SecretText, Confidential):
    """Text that no message shows, wherever it stands, and that a stack file holds encrypted."""


def matching(pattern: str, expected: str) -> JsonSchema:
    """A string of which the whole matches `pattern`."""
    return {
        "type": "string",
        "pattern": f"^(?:{pattern})$",
        "patternErrorMessage": f"Expected: {expected}",
    }


@dataclass(frozen=True, slots=True)
class ListOf(Generic[T]):
    """A list of distinct values of one kind."""

    item: ValueKind[T]
    fewest: int
    most: int

    @property
    def name(self) -> str:
        """The kind of its items, as a list."""
        return f"list of {self.item.name}s"

    @property
    def expected(self) -> str:
        """The number of entries and what each must be."""
        return f"a list of {self.fewest} to {self.most} entries, each {self.item.expected}"

    @property
    def json_schema(self) -> JsonSchema:
        """An array of distinct items, as many as may be."""
        return {
            "type": "array",
            "items": self.item.json_schema,
            "minItems": self.fewest,
            "maxItems": self.most,
            "uniqueItems": True,
            "errorMessage": f"Expected: {self.expected}",
        }

    def read(self, value: Json) -> tuple[T, ...]:
        """A JSON list; every entry that is refused is a problem of its own."""
        if not isinstance(value, list) or not self.fewest <= len(value) <= self.most:
            raise RefusedValueError(ValueProblem(value, self.expected, instead=self._listed(value)))
        entries: list[T] = []
        problems: list[ValueProblem] = []
        for place, entry in enumerate(value):
            try:
                read = self.item.read(entry)
            except RefusedValueError as refusal:
                problems += [
                    replace(problem, at=f"[{place}]{problem.at}") for problem in refusal.problems
                ]
                continue
            if read in entries:
                problems.append(
                    ValueProblem(entry, "an entry that is not in the list yet", f"[{place}]")
                )
            entries.append(read)
        if problems:
            raise RefusedValueError(*problems)
        return tuple(entries)

    def _listed(self, value: Json) -> Json:
        """A one-item list, if a bare value was probably meant as that."""
        if self.fewest > 1 or isinstance(value, (list, dict)):
            return None
        try:
            self.item.read(value)
        except RefusedValueError:
            return None
        return [value]


@dataclass(frozen=True, slots=True)
class Fields:
    """A map of named fields, each of a kind of its own: an entry of a list of maps."""

    fields: Mapping[str, ValueKind[Any]]
    needed: tuple[str, ...]
    examples: Mapping[str, Json]
    """A right value of each field, for the commands that fix one."""
    name: str = "map"

    @property
    def expected(self) -> str:
        """The fields that must be given, and the others."""
        others = [each for each in self.fields if each not in self.needed]
        may = f", and what it needs of {', '.join(others)}" if others else ""
        return f"a map of {', '.join(self.needed)}{may}"

    @property
    def json_schema(self) -> JsonSchema:
        """A map of the fields and of nothing else."""
        return {
            "type": "object",
            "properties": {name: kind.json_schema for name, kind in self.fields.items()},
            "required": list(self.needed),
            "additionalProperties": False,
            "errorMessage": f"Expected: {self.expected}",
        }

    def read(self, value: Json) -> Mapping[str, Any]:
        """The given fields; every one that is refused is a problem of its own."""
        if not isinstance(value, dict):
            raise RefusedValueError(ValueProblem(value, self.expected))
        read: dict[str, Any] = {}
        problems = [
            ValueProblem(None, self.fields[name].expected, f".{name}", self.examples[name])
            for name in self.needed
            if name not in value
        ]
        for name, entry in value.items():
            if name not in self.fields:
                problems.append(self._unknown(name, entry))
                continue
            try:
                read[name] = self.fields[name].read(entry)
            except RefusedValueError as refusal:
                problems += [self._placed(name, problem) for problem in refusal.problems]
        if problems:
            raise RefusedValueError(*problems)
        return read

    def _unknown(self, name: str, value: Json) -> ValueProblem:
        near = difflib.get_close_matches(name, self.fields, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        expected = f"no such field; {hint}Known here: {', '.join(self.fields)}"
        return ValueProblem(value, expected, f".{name}", is_unknown=True)

    def _placed(self, name: str, problem: ValueProblem) -> ValueProblem:
        """A problem of the field `name`, with what to set in its place."""
        example = self.examples[name] if not problem.at else None
        instead = example if problem.instead is None else problem.instead
        return replace(problem, at=f".{name}{problem.at}", instead=instead)


_PARTITION = "aws[a-z-]*"
_REGION_AND_ACCOUNT = r"[a-z]{2}(?:-[a-z]+)+-\d+:\d{12}"


def arn_of(service: str, resource: str, what: str) -> Text:
    """The kind of an ARN of `service`, whose resource part matches the pattern `resource`."""
    return Text(
        rf"arn:{_PARTITION}:{service}:{_REGION_AND_ACCOUNT}:{resource}",
        f"the ARN of {what}: arn:aws:{service}:REGION:ACCOUNT:...",
        "ARN",
    )


@dataclass(frozen=True, slots=True)
class Switch:
    """The kind of what has no settings: to be named is to be on."""

    name: str = "boolean"
    expected: str = "true or false"

    @property
    def json_schema(self) -> JsonSchema:
        """A boolean, or an empty map."""
        return {"type": ["boolean", "object"], "maxProperties": 0}

    def read(self, value: Json) -> bool:
        """`true`, `false`, or an empty map, which stands for `true`."""
        if value == {}:
            return True
        if not isinstance(value, bool):
            raise RefusedValueError(ValueProblem(value, self.expected))
        return value
