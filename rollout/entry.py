"""One entry of a ramp's journal: what happened, when, and the codecs of its line and its time."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from rollout.errors import EntryError
from rollout.json_value import is_list, is_map
from rollout.ramp_event import FACT, RampEvent
from rollout.split import Split
from rollout.stack_identity import StackIdentity
from rollout.verdict import EvidenceWindow

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A value of a line."""
KINDS: Mapping[str, type[RampEvent]] = {each.kind: each for each in typing.get_args(RampEvent)}
"""The event of each kind of line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened at one moment of one ramp."""

    at: datetime.datetime
    """In UTC; kept to the millisecond."""
    ramp: str
    """The ramp's id, such as `20261121T090000Z-4711`: when it began, and the process."""
    event: RampEvent

    @property
    def kind(self) -> str:
        """The event's kind as lines have it, such as `stage-started`."""
        return self.event.kind

    def line(self) -> str:
        """The entry as one line of JSON, without its end."""
        document: dict[str, Json] = {"at": timestamp(self.at), "ramp": self.ramp, "kind": self.kind}
        for each in dataclasses.fields(self.event):
            value = getattr(self.event, each.name)
            # A fact that an earlier version did not record stays out of the line.
            if value is not None or each.default is dataclasses.MISSING:
                document[each.metadata.get(FACT, each.name)] = _plain(value)
        return json.dumps(document, separators=(",", ":"))

    @classmethod
    def parse(cls, line: str) -> Entry:
        """Read one line, also one that an earlier version wrote.

        Raises:
            EntryError: the line is torn, of an unknown kind, or has other facts than its kind.
        """
        try:
            document = json.loads(line)
            at, ramp, kind = (document.pop(name) for name in ("at", "ramp", "kind"))
            return cls(read_timestamp(at), str(ramp), _event(KINDS[kind], document))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise EntryError(f"{line[:120]!r} is not a journal entry: {error}") from error


def timestamp(at: datetime.datetime, timespec: str = "milliseconds") -> str:
    """`2026-11-21T09:00:00.123Z`: a time as journals and history messages have it, in UTC."""
    return at.astimezone(datetime.UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def read_timestamp(text: str) -> datetime.datetime:
    """The time that `timestamp` wrote, in UTC.

    Raises:
        ValueError: `text` is not a time, or has no zone.
    """
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at.astimezone(datetime.UTC)


def _event(kind: type[RampEvent], facts: Mapping[str, Json]) -> RampEvent:
    """The event with these facts.

    Raises:
        ValueError: a fact is missing, unknown or of another type.
    """
    readers, values = _readers(kind), dict[str, Any]()
    for fact, value in facts.items():
        if fact not in readers:
            raise ValueError(f"{kind.kind} has no fact {fact}")
        name, read = readers[fact]
        values[name] = read(value)
    return kind(**values)  # a missing fact is a TypeError that names it


@functools.cache
def _readers(kind: type[RampEvent]) -> dict[str, tuple[str, Callable[[Any], Any]]]:
    """The field of each fact, and what reads its value."""
    hints = typing.get_type_hints(kind)
    return {
        each.metadata.get(FACT, each.name): (each.name, _reader(hints[each.name]))
        for each in dataclasses.fields(kind)
    }


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What reads a JSON value into a value of type `hint`, or raises ValueError or TypeError."""
    arguments = typing.get_args(hint)
    match typing.get_origin(hint):
        case types.UnionType | typing.Union:
            return functools.partial(_read_either, [_reader(each) for each in arguments])
        case origin if origin is tuple and arguments[1:] == (...,):
            return functools.partial(_read_all, _reader(arguments[0]))
        case origin if origin is tuple:
            return functools.partial(_read_each, [_reader(each) for each in arguments])
        case origin if origin is Mapping:
            return functools.partial(_read_map, *(_reader(each) for each in arguments))
        case _:
            return _VALUES.get(hint) or functools.partial(_read_plain, hint)


def _read_either(readers: list[Callable[[Any], Any]], value: Any) -> Any:
    for read in readers:
        try:
            return read(value)
        except (ValueError, TypeError):
            continue
    raise ValueError(f"unexpected value {value!r}")


def _read_all(read: Callable[[Any], Any], value: Any) -> tuple[Any, ...]:
    return tuple(read(each) for each in _read_plain(list, value))


def _read_each(readers: list[Callable[[Any], Any]], value: Any) -> tuple[Any, ...]:
    return tuple(read(each) for read, each in zip(readers, value, strict=True))


def _read_map(
    read_key: Callable[[Any], Any], read: Callable[[Any], Any], value: Any
) -> dict[Any, Any]:
    return {read_key(key): read(each) for key, each in _read_plain(dict, value).items()}


def _read_plain(kind: type, value: Any) -> Any:
    if issubclass(kind, enum.Enum):
        return kind(value)
    # A bool is an int in Python, and not in JSON.
    if type(value) is not kind:
        raise ValueError(f"{value!r} is not of type {kind.__name__}")
    return value


def _read_float(value: Any) -> float:
    return value if type(value) is int else _read_plain(float, value)


def _read_window(value: Any) -> EvidenceWindow:
    start, end = value
    return EvidenceWindow(
        datetime.datetime.fromisoformat(start), datetime.datetime.fromisoformat(end)
    )


_VALUES: Mapping[Any, Callable[[Any], Any]] = {
    datetime.datetime: read_timestamp,
    float: _read_float,
    Split: Split.parse,
    StackIdentity: StackIdentity.parse,
    EvidenceWindow: _read_window,
}
"""What reads a value of a type that is not one of JSON's."""


def _plain(value: Any) -> Json:
    """A field's value as JSON has it."""
    match value:
        case enum.Enum():
            return value.value
        case datetime.datetime():
            return timestamp(value)
        case Split():
            return str(value)
        case StackIdentity():
            return value.document()
        case EvidenceWindow(start, end):
            return [each.astimezone(datetime.UTC).isoformat() for each in (start, end)]
        case _ if is_map(value):
            return {str(_plain(key)): _plain(each) for key, each in value.items()}
        case _ if is_list(value):
            return [_plain(each) for each in value]
        case _:
            return value
