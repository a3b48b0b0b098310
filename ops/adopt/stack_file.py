"""The stack file of an adoption: reads it, writes the new values, and keeps every other line."""

from __future__ import annotations

import functools
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ops.adopt.config_merge import Config, KeyPath, Merge, applied, conflicts_text
from ops.adopt.login import LoginSecrets
from ops.adopt.proposal import Import
from ops.adopt.state import State, import_document
from ops.errors import InputError
from ops.stack.stack_file import read_config, read_text
from pulumi_cli.pulumi import Pulumi
from settings.declaration.command import joined
from settings.settings import PREVIEW_TOKEN_PATH

_STEP = 2


class _Dumper(yaml.SafeDumper):
    """YAML in the form of the stack files of this repository."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the entries of a list."""
        del indentless
        super().increase_indent(flow, False)


def with_values(text: str, values: Mapping[tuple[str, ...], Any]) -> str:
    """`text` with each value at its path, such as `("config", "failover:org")`.

    A value of `None` removes the key. A value that is already equal stays untouched.
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
    text: str = yaml.serialize(node)  # pyright: ignore[reportUnknownMemberType] types-PyYAML
    return yaml.safe_load(text)


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


IMPORT_FILE = "import.json"
_TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class AdoptedConfig:
    """A stack file as it was read."""

    path: Path
    text: str
    config: Config

    @classmethod
    def read(cls, path: Path) -> AdoptedConfig:
        """Read the file; an absent one is empty.

        Raises:
            StackFileError: it is not a stack file.
        """
        text = read_text(path) or ""
        return cls(path, text, read_config(text, path.name) or {})

    def merged(self, merge: Merge) -> Config:
        """The config with all edits in it."""
        return applied(self.config, merge.edits)

    def write(self, merge: Merge) -> Path | None:
        """Write the edits; where they overrule what stood there, the file is kept beside it first.

        Gives the copy.
        """
        edits: dict[KeyPath, Any] = {("config", *path): v for path, v in merge.edits.items()}
        if not edits:
            return None
        copy = kept_copy(self.path) if merge.conflicts else None
        write_whole(self.path, with_values(self.text, edits))
        return copy


def ensure_token(pulumi: Pulumi) -> bool:
    """Give the stack a preview token if it has none; returns whether it did."""
    config = AdoptedConfig.read(pulumi.stack_file).config
    if config.get(PREVIEW_TOKEN_PATH):
        return False
    pulumi.write_secret(PREVIEW_TOKEN_PATH, secrets.token_hex(_TOKEN_BYTES))
    return True


def write_secrets(pulumi: Pulumi, secrets: LoginSecrets) -> list[str]:
    """Write secrets into the stack file, encrypted; gives their paths."""
    written: list[str] = []
    for (first, *rest), text in secrets.paths():
        path = functools.reduce(joined, rest, first)
        pulumi.write_secret(path, text, is_path=True)
        written.append(path)
    return written


def secret_values(pulumi: Pulumi) -> dict[str, str]:
    """The stack's secrets by key; objects that hold one are given as JSON."""
    found = pulumi.config(shows_secrets=True)
    return {key: entry.value for key, entry in found.items() if entry.is_secret}


def write_imports(folder: Path, imports: tuple[Import, ...]) -> Path | None:
    """Write `import.json`; `None` if the file is the same already.

    Another file of that name is kept beside it.
    """
    path = folder / IMPORT_FILE
    text = json.dumps(import_document(imports, State({})), indent=2) + "\n"
    held = path.read_text() if path.exists() else None
    if held == text:
        return None
    if held is not None:
        kept_copy(path)
    write_whole(path, text)
    return path


def refuse_conflicts(merge: Merge, name: str) -> None:
    """Refuse to overrule what a person wrote.

    Raises:
        InputError: the file has another value.
    """
    if merge.conflicts:
        raise InputError(
            f"{name} differs from AWS; nothing was written:\n{conflicts_text(merge.conflicts)}",
            fixes=["--replace, which keeps a copy of the file next to it", "another --stack"],
        )
