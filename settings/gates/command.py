"""The gate `command` in the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from settings.declaration.key import Key, key, required
from settings.declaration.kind import ListOf, Text, WholeNumber
from settings.gates.limits import GateLimits


@dataclass(frozen=True, kw_only=True)
class CommandLimits(GateLimits):
    """A command of the team's own."""

    name: ClassVar[str] = "command"
    what: ClassVar[str] = "A command of yours: exit code 0 passes."

    run: Key[tuple[str, ...]] = required(
        ("./check.sh",),
        ListOf(Text(r"[^\n]+", "a word of one line"), 1, 100),
        "The command and its arguments; it reads the stage as JSON from standard input.",
    )
    timeout_seconds: Key[int] = key(60, WholeNumber(1, 3600), "Time limit of one run.")
