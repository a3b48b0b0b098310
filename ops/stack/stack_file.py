"""The config of a stack: its file, as YAML that Pulumi reads too, and the part of its provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.errors import InputError
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.stacks import stack_file
from rollout.command import Command
from rollout.json_value import is_map, map_of
from settings.declaration.command import NAMESPACE
from settings.declaration.raw import in_namespace

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where it is there: a stage reads the file many times."""

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_CONFLICT = "<<<<<<< "
"""How git begins one; a ramp commits this file, and so does everybody else."""
_TEXT = "tag:yaml.org,2002:str"
_PART = re.compile(r'([A-Za-z_][\w-]*)|\["([^"]+)"\]')


class StackFileError(InputError):
    """The stack file cannot be read; the text names the place."""

    def __init__(self, problem: str, expected: str = "", fix: str = "") -> None:
        """Hold the problem, and the fix where it can be fixed here."""
        self.problem = problem
        super().__init__(problem, expected=expected, fixes=[fix] if fix else [])


class _Loader(_Base):
    """YAML as Pulumi reads it: no key twice in a map, and no number with a colon in it.

    Source: gopkg.in/yaml.v3, which Pulumi reads stack files with. PyYAML takes the last of two
    equal keys, and reads `75:25` as 4525, sixty to the base.
    """

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """The map; a duplicate key is refused."""
        places: dict[str, Any] = {}
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            before = places.setdefault(key.value, key)
            if before is not key:
                first = before.start_mark.line + 1
                problem = f"the key {key.value} is already set on line {first}"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        return _Base.construct_mapping(self, node, deep=deep)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a value; one with a colon in it is text."""
        tag = _Base.resolve(self, kind, value, implicit)
        return _TEXT if tag in _NUMBERS and ":" in value else tag


def read_text(file: Path) -> str | None:
    """The text of a stack file; `None` where there is none.

    Raises:
        StackFileError: it cannot be read, or is not text.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        what = f"byte 0x{error.object[error.start]:02x} is not UTF-8 text"
        raise _unreadable(file.name, f"line {line}: {what}", f"correct line {line}") from error
    except OSError as error:
        raise StackFileError(
            f"{file} cannot be read: {error.strerror}",
            "a stack file that the user of this command may read",
            str(Command.of("ls", "-ld", str(file))),
        ) from error


def ours(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a stack's config that is of our namespace, by bare names.

    Pulumi reads a key without a namespace as the project's; where a key stands both ways, the last
    one counts.
    """
    prefix = f"{NAMESPACE}:"
    named = {str(key): value for key, value in config.items()}
    return {
        key.removeprefix(prefix): value
        for key, value in named.items()
        if key.startswith(prefix) or ":" not in key
    }


def value_at(config: Mapping[str, Any], path: str) -> Any:
    """What stands at a path as `pulumi config set --path` takes it, of our keys by bare names."""
    found: Any = config
    for plain, quoted in _PART.findall(path):
        found = map_of(found).get(plain or quoted)
    return found


def read_config(text: str, name: str, *, is_here: bool = True) -> dict[str, Any] | None:
    """The config in the text of a stack file, keys with their namespace; `None` where it has none.

    Args:
        text: The whole file.
        name: What the file is called in messages.
        is_here: Whether it is the file in the folder; one in a commit cannot be fixed.

    Raises:
        StackFileError: it is not YAML, has a key twice, or is not a map.
    """
    try:
        return _config(text, name)
    except StackFileError as error:
        if is_here:
            raise
        raise StackFileError(error.problem) from error


def _config(text: str, name: str) -> dict[str, Any] | None:
    try:
        document = yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        raise _of_marks(error, text, name) from error
    except yaml.YAMLError as error:
        raise _of_character(error, text, name) from error
    config = document.get("config") if is_map(document) else document
    if config is None:
        return None
    if not is_map(config):
        where = "`config` is" if is_map(document) else "the file is"
        raise _unreadable(name, f"{where} not a map of keys and values", "correct `config:`")
    return dict(config)


def refuse_unreadable(folder: Path, stack: str) -> None:
    """Check the stack file before the CLI reads it; a missing file is fine.

    The CLI names neither the file nor the column.

    Raises:
        StackFileError: it cannot be read.
    """
    file = stack_file(folder, stack)
    text = read_text(file)
    if text is not None:
        read_config(text, file.name)


def _of_marks(error: yaml.MarkedYAMLError, text: str, name: str) -> StackFileError:
    """Where it is: at the end of the file, what did not end there is nearer to the fault."""
    conflict = next((n for n, line in enumerate(text.splitlines()) if _CONFLICT in line[:8]), None)
    if conflict is not None:
        return _at(name, text, conflict, 0, "a merge conflict that is not resolved")
    problem = error.problem or "it is not YAML"
    why = f"{error.context}: {problem}" if error.context else problem
    marks: list[Any] = [error.problem_mark, error.context_mark]
    if "flow" in (error.context or ""):
        marks.reverse()  # a bracket that is not closed: the parser meets it lines later
    places = [(mark.line, mark.column) for mark in marks if mark is not None]
    end = text.rstrip()
    last = (end.count("\n"), len(end) - (end.rfind("\n") + 1))
    inside = [place for place in places if place < last]
    line, column = (inside or [last])[0]
    return _at(name, text, line, column, why)


def _of_character(error: yaml.YAMLError, text: str, name: str) -> StackFileError:
    """A character that YAML has no place for, such as a control character."""
    position = getattr(error, "position", None)
    if position is None:
        return _unreadable(name, " ".join(str(error).split()), "correct the file")
    before = text[:position]
    character = text[position : position + 1]
    return _at(
        name,
        text,
        before.count("\n"),
        len(before) - (before.rfind("\n") + 1),
        f"the character {character!r} is not allowed in YAML",
    )


def _at(name: str, text: str, line: int, column: int, why: str) -> StackFileError:
    lines = text.splitlines()
    shown = ""
    if line < len(lines) and lines[line].isprintable():
        shown = f"\n    {lines[line]}\n    {' ' * column}^"
    where = f"line {line + 1}, column {column + 1}: {why}{shown}"
    return _unreadable(name, where, f"correct line {line + 1}")


def _unreadable(name: str, what: str, fix: str) -> StackFileError:
    return StackFileError(
        f"{name} cannot be read: {what}",
        "the YAML of a stack file, with `config:` as a map",
        f"{fix} of {name} in an editor, then run the command again",
    )


def read_aws_config(pulumi: Pulumi) -> dict[str, str]:
    """The stack's `aws:` config by bare names, lists and maps as JSON.

    Secrets are decrypted where there are any, so that without one no passphrase is needed.

    Raises:
        StackError: there is no such stack, or the CLI cannot read it, as with a wrong passphrase.
    """
    found = in_namespace(pulumi.config(), "aws")
    if any(entry.is_secret for entry in found.values()):
        found = in_namespace(pulumi.config(shows_secrets=True), "aws")
    return {key: entry.value for key, entry in found.items()}
