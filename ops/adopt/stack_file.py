"""Writes values into a stack file and leaves every other line of it as it is, comments too."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ops.errors import InputError
from ops.stack.errors import StackFileError
from ops.stack.stack_file import read_config as read_stack_config

_STEP = 2


class _Dumper(yaml.SafeDumper):
    """YAML in the form of the stack files of this repository."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the entries of a list."""
        del indentless
        super().increase_indent(flow, False)


def read_config(text: str, name: str) -> dict[str, Any]:
    """The `config` of a stack file.

    Raises:
        InputError: it is no stack file.
    """
    try:
        return read_stack_config(text, name) or {}
    except StackFileError as error:
        raise InputError(str(error)) from error


def with_values(text: str, values: Mapping[tuple[str, ...], Any]) -> str:
    """`text` with each value at its path, such as `("config", "failover:org")`.

    A value of `None` takes the key out. What is there already and equal stays untouched.
    """
    for path, value in values.items():
        text = _with_value(text, path, value)
    return text


def _with_value(text: str, path: Sequence[str], value: Any) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = text.splitlines()
    node, depth, parent = root, 0, None
    while depth < len(path):
        entry = _entry(node, path[depth])
        if entry is None:
            break
        parent, node, depth = (node, entry), entry[1], depth + 1
    if depth == len(path) and parent is not None:
        return _replaced(lines, parent[1], path[-1], value)
    if value is None:
        return text
    for name in reversed(path[depth + 1 :]):
        value = {name: value}
    return _added(lines, node, parent, path[depth], value)


def _entry(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((entry for entry in node.value if entry[0].value == name), None)


def _replaced(lines: list[str], entry: tuple[yaml.Node, yaml.Node], name: str, value: Any) -> str:
    key = entry[0]
    first, last = key.start_mark.line, _last_line(lines, entry)
    new = [] if value is None else _dumped({name: value}, key.start_mark.column)
    return _joined([*lines[:first], *new, *lines[last + 1 :]])


def _added(
    lines: list[str],
    node: yaml.Node | None,
    parent: tuple[yaml.Node | None, tuple[yaml.Node, yaml.Node]] | None,
    name: str,
    value: Any,
) -> str:
    """`name` as the last entry of the mapping `node`, in whatever form that was written."""
    is_block = isinstance(node, yaml.MappingNode) and not node.flow_style and bool(node.value)
    if is_block and isinstance(node, yaml.MappingNode):
        at = _last_line(lines, node.value[-1]) + 1
        return _joined([*lines[:at], *_dumped({name: value}, node.start_mark.column), *lines[at:]])
    held = _plain(node) | {name: value}
    if parent is None:
        comments = [line for line in lines if line.lstrip().startswith("#")]
        return _joined([*comments, *_dumped(held, 0)])
    entry = parent[1]
    return _replaced(lines, entry, str(entry[0].value), held)


def _plain(node: yaml.Node | None) -> dict[str, Any]:
    """What an empty or a one-line mapping holds."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return yaml.safe_load(yaml.serialize(node))


def _last_line(lines: list[str], entry: tuple[yaml.Node, yaml.Node]) -> int:
    """The last line of an entry; blank lines and comments behind it belong to what follows."""
    key, value = entry
    end = value.end_mark.line
    if (
        value.end_mark.column == 0
        or not lines[min(end, len(lines) - 1)][: value.end_mark.column].strip()
    ):
        end -= 1
    end = min(end, len(lines) - 1)
    while end > key.start_mark.line and lines[end].strip()[:1] in ("", "#"):
        end -= 1
    return max(end, key.start_mark.line)


def _dumped(value: Mapping[str, Any], column: int) -> list[str]:
    text = yaml.dump(
        dict(value),
        Dumper=_Dumper,
        sort_keys=False,
        indent=_STEP,
        default_flow_style=False,
        allow_unicode=True,
        width=10_000,
    )
    return [" " * column + line for line in text.splitlines()]


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a kill leaves the old one or the new one, and nothing between."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(text)
    os.replace(new, path)


def kept_copy(path: Path) -> Path:
    """Copy a file beside itself under a name that is free."""
    number = 1
    while (copy := path.with_name(f"{path.name}.before-adopt-{number}")).exists():
        number += 1
    write_whole(copy, path.read_text())
    return copy
