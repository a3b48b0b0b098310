"""The `pulumi config` commands that mend a config."""

from __future__ import annotations

import json
import re
import shlex

from settings.kind import Json

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


def setting(path: str, value: object) -> str:
    """The command that gives the key at `path` this value; a list takes one command an entry."""
    if isinstance(value, (tuple, list)):
        return " && ".join(setting(f"{path}[{n}]", entry) for n, entry in enumerate(value))
    if isinstance(value, dict):
        return " && ".join(setting(joined(path, str(k)), entry) for k, entry in value.items())
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    return f"pulumi config set {_address(path)} {shlex.quote(text)}"


def removing(path: str) -> str:
    """The command that takes the key at `path` out."""
    return f"pulumi config rm {_address(path)}"


def _address(path: str) -> str:
    """The arguments that name a key: its bare name at the top level, `--path` below it."""
    top = path.removeprefix(f"{NAMESPACE}:")
    if _PLAIN.fullmatch(top):
        return top
    if re.fullmatch(r"[a-z]+:[A-Za-z]+", path):
        return path
    quoted = shlex.quote(path)
    return f"--path {quoted}" if quoted != path else f"--path '{path}'"
