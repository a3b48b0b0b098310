"""Applies the `pulumi config` commands that the program offers, as the CLI would."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from tests.configs import TOKEN, Config

_FLAGS = ("--path", "--secret", "--plaintext", "--")
_STEP = re.compile(r'\.?([A-Za-z_0-9-]+)|\["([^"]+)"\]|\[(\d+)\]')


def fixed(config: Config, commands: str) -> Config:
    """The config after these commands; what stands after `&&` is a command of its own."""
    config = json.loads(json.dumps(config))
    for line in commands.split(" && "):
        words = shlex.split(line.replace("$(openssl rand -hex 16)", TOKEN))
        assert words[:2] == ["pulumi", "config"], f"no config command: {line}"
        action, rest = words[2], [w for w in words[3:] if w not in _FLAGS]
        path = rest[0] if ":" in rest[0].split(".")[0] else f"failover:{rest[0]}"
        key, *steps = _steps(path) if "--path" in words else [path]
        if action == "rm":
            _remove(config, [key, *steps])
        else:
            value = rest[1] if "--secret" in words else _typed(rest[1], is_nested=bool(steps))
            _set(config, [key, *steps], value)
    return config


def _steps(path: str) -> list[Any]:
    """`failover:a.b[0]` as its steps; the namespace belongs to the first."""
    namespace, _, rest = path.partition(":")
    steps = [int(m[3]) if m[3] else m[1] or m[2] for m in _STEP.finditer(rest)]
    return [f"{namespace}:{steps[0]}", *steps[1:]]


def _typed(text: str, *, is_nested: bool) -> Any:
    """`--path` turns `10` and `true` into an integer and a boolean; text stays text otherwise."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if is_nested and re.fullmatch(r"-?(0|[1-9]\d*)", text) else text


def _set(node: Any, steps: list[Any], value: Any) -> None:
    step, *rest = steps
    if isinstance(step, int):
        assert isinstance(node, list), "a list index into what is no list"
        assert step <= len(node), "an entry beyond the end of the list"
        node.extend([None] * (step + 1 - len(node)))
    if not rest:
        node[step] = value
        return
    missing = step >= len(node) if isinstance(step, int) else step not in node
    if missing or node[step] is None:
        node[step] = [] if isinstance(rest[0], int) else {}
    _set(node[step], rest, value)


def _remove(node: Any, steps: list[Any]) -> None:
    step, *rest = steps
    if rest:
        _remove(node[step], rest)
    else:
        del node[step]
