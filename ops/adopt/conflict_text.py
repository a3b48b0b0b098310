"""What a stack file says otherwise than AWS, in words: each value that differs, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ops.adopt.merge import Conflict, is_same

_WIDTH = 80
_LONGEST = 66


def conflicts_text(conflicts: Sequence[Conflict]) -> str:
    """A line for each value, or three where one would be too long."""
    return "\n".join(
        line
        for conflict in conflicts
        for path, held, found in _leaves(conflict.path, conflict.held, conflict.found)
        for line in _lines(".".join(path), held, found)
    )


def _leaves(
    path: tuple[str, ...], held: Any, found: Any
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if not (isinstance(held, dict) and isinstance(found, dict)):
        yield path, held, found
        return
    for name in dict.fromkeys([*held, *found]):
        if not is_same(held.get(name), found.get(name)):
            yield from _leaves((*path, str(name)), held.get(name), found.get(name))


def _lines(name: str, held: Any, found: Any) -> list[str]:
    file, there = _shown(held), _shown(found)
    line = f"  {name}: {file} in the file, {there} there"
    if len(line) <= _WIDTH:
        return [line]
    return [f"  {name}:", f"    file   {file}", f"    there  {there}"]


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
