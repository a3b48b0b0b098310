"""The reference of the config, as Markdown, from the keys themselves.

`python -m settings.reference > docs/reference/config.md` updates it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rollout.command import config_set
from rollout.split import Slot
from settings.declaration.key import Key, KeyGroup, Member
from settings.settings import TOP

_INTRODUCTION = f"""\
# Config reference

This page lists every key of the namespace `failover` in `Pulumi.<stack>.yaml`. Set a key with
`{config_set("weights", "75/25")}`, and a key inside a map with
`{config_set("failover:services.web.priority", "110")}`.

The program reads the whole config before it declares anything. It reports all problems in one
message: each with its key, its value, what is expected and the command that fixes it. It refuses a
key that is not listed here, and a key that has no effect together with another key.

Slot keys are text: write `"01"` and `"02"` with quotes. Without quotes YAML reads a number, and the
CLI then writes it back as `"1"` and `"2"`.

`aws:region` and `aws:allowedAccountIds` must be set too: the stack then acts only in one region of
one account, with any credentials. The stack `rehearsal` runs only if every AWS call goes to this
machine, and no other stack runs there.

`python -m settings.reference` writes this page, and a test compares it with the program.
"""


def reference() -> str:
    """The page."""
    parts = [_INTRODUCTION, _table("Top level", TOP, "")]
    parts += [_table(f"`{path}`", group, path) for path, group in dict(_groups(TOP, "")).items()]
    return "\n".join(parts)


def _groups(group: KeyGroup[Any], path: str) -> Iterator[tuple[str, KeyGroup[Any]]]:
    """Every map below `group` with the way to it, in the order of the keys; both slots as one."""
    for member in group.members:
        if isinstance(member, KeyGroup):
            way = _joined(path, member)
            yield way, member
            yield from _groups(member, way)


def _joined(path: str, group: KeyGroup[Any]) -> str:
    name = "<slot>" if group.name in list(Slot) else group.name
    way = f"{path}.{name}" if path else name
    return f"{way}.{group.each}" if group.each else way


def _table(title: str, group: KeyGroup[Any], path: str) -> str:
    rows = [_row(member, group, path) for member in group.members]
    lines = [
        f"## {title}\n",
        f"{group.what}\n",
        "| key | what | type | default | example |",
        "|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]
    return "\n".join(lines)


def _row(member: Member, group: KeyGroup[Any], path: str) -> tuple[str, str, str, str, str]:
    if isinstance(member, KeyGroup):
        kind = f"map by `{member.each}`" if member.each else "map"
        return (_name(member), member.what, kind, "", f"see `{_joined(path, member)}`")
    kind = f"{member.kind.name}: {member.kind.expected}"
    default = _default(member, is_partial=group.is_partial)
    return (_name(member), member.what, kind, default, _code(member.example))


def _name(member: Member) -> str:
    return f'`"{member.name}"`' if member.name in list(Slot) else f"`{member.name}`"


def _default(key: Key[Any], *, is_partial: bool) -> str:
    if key.is_required:
        return "" if is_partial else "must be set"
    return "" if key.default in (None, "", ()) else _code(key.default)


def _code(value: Any) -> str:
    """A value as it stands in the stack file."""
    if isinstance(value, datetime):
        return f"`{value.isoformat().replace('+00:00', 'Z')}`"
    if isinstance(value, (bool, dict, tuple)):
        return f"`{json.dumps(value)}`"
    return f"`{value}`"


if __name__ == "__main__":
    print(reference(), end="")
