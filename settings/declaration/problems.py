"""The problems found so far in one reading of the config."""

from __future__ import annotations

import re

from rollout.command import Command
from rollout.problem import NOT_SET, Problem
from settings.declaration import command
from settings.declaration.kind import Json

HIDDEN = "[secret]"
_NOT_TEXT_IN_YAML = re.compile(r"true|false|[-+]?[0-9.]+")


class ConfigProblems:
    """Collects problems; values under a key that the stack holds as a secret are not shown."""

    def __init__(self, secret_keys: frozenset[str]) -> None:
        """`secret_keys`: top-level keys with their namespace, such as `failover:previewToken`."""
        self._secret_keys = secret_keys
        self._problems: list[Problem] = []

    def add(self, path: str, value: Json, expected: str, fix: Command | str) -> None:
        """Record one problem."""
        found = NOT_SET if value is None else command.shown(self.revealed(path, value))
        is_text = isinstance(value, str) and ("." in path or "[" in path)
        if is_text and _NOT_TEXT_IN_YAML.fullmatch(found):
            # Below the top level a number or a flag in quotes is text, and is shown to be.
            found = f'"{found}"'
        self._problems.append(Problem(path, found, expected, str(fix)))

    def revealed(self, path: str, value: Json) -> Json:
        """`value`, or `HIDDEN` where it lies under a secret key."""
        return HIDDEN if self.is_secret(path) else value

    def is_secret(self, path: str) -> bool:
        """Whether the top-level key of `path` is held as a secret."""
        top = path.replace("[", ".", 1).split(".", 1)[0]
        return top in self._secret_keys

    @property
    def found(self) -> tuple[Problem, ...]:
        """What was found, each once, in the order of discovery."""
        return tuple(dict.fromkeys(self._problems))
