"""How an option is declared: its flag, its help, and how the text that was typed becomes a value.

A field of `RunOptions` declares its option with `option`; the command line, the checks and the
defaults are all made from that one declaration.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rollout.problem import Problem

_KEY = "option"
"""Of the option in the metadata of its field."""


@dataclass(frozen=True, slots=True)
class OptionKind:
    """How the text of an option becomes a value."""

    parse: Callable[[str], Any]
    """Raises ValueError, KeyError or re.error for a text that it does not take."""
    expected: str | None = None
    """What is right; None: the text of the parser's error is that."""
    shown: Callable[[str], str] = repr
    """The text as a problem shows it; hides what may be secret."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the command line."""

    flag: str
    help: str | None
    kind: OptionKind | None
    """None: the value is what was typed."""
    default: str | int | None
    """As a person would type it."""
    metavar: str | None
    example: str
    """A right value, which the fix of a wrong one proposes."""
    choices: tuple[str, ...]
    least: int | None
    most: int | None
    is_switch: bool
    collect: Callable[[list[Any]], Any] | None
    """Makes one value of all that were given, for an option that may be given again."""

    @property
    def unset(self) -> Any:
        """The value where nothing was typed."""
        if self.collect is not None:
            return self.collect([])
        if self.is_switch:
            return False
        if self.kind is not None and isinstance(self.default, str):
            return self.kind.parse(self.default)
        return self.default

    def read(self, typed: Any, problems: Problems) -> Any:
        """The value of what was typed; `unset`, with a problem noted, where that is not right."""
        if self.collect is not None:
            parsed = (self._parsed(text, problems) for text in typed)
            return self.collect([value for value in parsed if value is not None])
        if typed is None or self.kind is None:
            return typed
        value = self._parsed(typed, problems)
        return self.unset if value is None else value

    def _parsed(self, text: str, problems: Problems) -> Any:
        if self.kind is None:
            return text
        try:
            return self.kind.parse(text)
        except (ValueError, KeyError, re.error) as error:
            expected = self.kind.expected or str(error)
            problems.add(self.flag, self.kind.shown(text), expected, f"{self.flag} {self.example}")
            return None


def option(
    flag: str,
    kind: OptionKind | None = None,
    *,
    help: str | None = None,  # noqa: A002  (click's word)
    default: str | int | None = None,
    metavar: str | None = None,
    example: str | None = None,
    choices: tuple[str, ...] = (),
    least: int | None = None,
    most: int | None = None,
    is_switch: bool = False,
    collect: Callable[[list[Any]], Any] | None = None,
) -> Any:
    """A field of a dataclass that an option sets; its default is the option's.

    Args:
        flag: Such as `--rate`.
        kind: How its text is read; None: as it is.
        help: One sentence.
        default: As a person would type it.
        metavar: Stands for the value in the help.
        example: A right value, which the fix of a wrong one proposes; else the default.
        choices: The only values.
        least: Of a whole number.
        most: Of a whole number.
        is_switch: It has no value; given or not.
        collect: Makes one value of all that were given; the option may then be given again.
    """
    declared = Option(
        flag, help, kind, default, metavar, example or str(default), choices, least, most,
        is_switch, collect,
    )  # fmt: skip
    unset = declared.unset
    return dataclasses.field(default_factory=lambda: unset, metadata={_KEY: declared})


def options_of(of: type[Any]) -> dict[str, Option]:
    """The options that a dataclass declares, by the names of their fields, in order."""
    fields = dataclasses.fields(of)
    return {field.name: field.metadata[_KEY] for field in fields if _KEY in field.metadata}


class Problems:
    """Collects what is wrong with the options, so that all of it is reported together."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, flag: str, value: str, expected: str, fix: str) -> None:
        """Note a problem: the option, its value, what would be right, and what to type."""
        self.found.append(Problem(flag, value, expected, fix))

    def has(self, *flags: str) -> bool:
        """Whether one of these options has a problem."""
        return any(problem.path in flags for problem in self.found)


def read_all(of: type[Any], typed: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The values of what was typed, by field; problems are noted in the order of the fields."""
    return {
        name: declared.read(typed[name], problems)
        for name, declared in options_of(of).items()
        if name in typed
    }
