"""The `pulumi config` commands that fix a config."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from rollout.command import Command, config_remove, config_set, config_set_secret
from rollout.json_value import is_list, is_map
from settings.declaration.kind import Json

NAMESPACE = "failover"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def joined(path: str, name: str) -> str:
    """The path of `name` under `path`, in the form that `pulumi config set --path` reads.

    A name that is not plain, such as the slot `02`, goes in brackets and quotes, since `.02` would
    have to be trusted to stay text.
    """
    if _PLAIN.fullmatch(name) is None:
        return f"{path}[{json.dumps(name)}]"
    return f"{path}{'' if path.endswith(':') else '.'}{name}"


def shown(value: Json) -> str:
    """A value as a person would type it, cut where it is long."""
    if isinstance(value, str) and value and value.strip() == value and value.isprintable():
        text = value
    else:
        text = json.dumps(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def setting(path: str, value: object) -> Command:
    """The command that gives the key at `path` this value; a list takes one step an entry."""
    if is_list(value):
        return _in_turn(setting(f"{path}[{n}]", entry) for n, entry in enumerate(value))
    if is_map(value):
        return _in_turn(setting(joined(path, str(k)), entry) for k, entry in value.items())
    return config_set(path, json.dumps(value) if isinstance(value, bool) else str(value))


def setting_secret(path: str) -> Command:
    """The command that asks for a value and gives it to the key at `path`, encrypted."""
    return config_set_secret(path)


def _in_turn(commands: Iterable[Command]) -> Command:
    return Command(()).then(*commands)


def removing(path: str) -> Command:
    """The command that takes the key at `path` out."""
    return config_remove(path)
