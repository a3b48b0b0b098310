"""A command that a message prints: complete, and safe to run as it is printed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Shell(str):
    """A word that the shell reads itself, such as `"$(openssl rand -hex 16)"`; never quoted."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Command:
    """What to type, as words, and whose requests it moves.

    Run as printed, in the state it was printed for, a command does what the sentence beside it
    says and moves no request unless `moves` says so. Where no such command exists, none is printed.
    """

    steps: tuple[tuple[str, ...], ...]
    """Each step's words; a step runs only if the one before it succeeded."""
    moves: str = ""
    """Whose requests move and where to, in words; empty where none do."""

    @classmethod
    def of(cls, *words: str, moves: str = "") -> Command:
        """A command of one step."""
        return cls((words,), moves)

    @classmethod
    def of_aws(
        cls,
        service: str,
        operation: str,
        options: Mapping[str, Any],
        *,
        region: str,
        profile: str | None = None,
        moves: str = "",
    ) -> Command:
        """A call of the AWS CLI, in the region and with the profile that it was found with.

        `options`: by their names in the CLI, without dashes; what is no text is given as JSON,
        which the CLI reads wherever it takes a structure.
        """
        words = ["aws", service, operation]
        for name, value in {**options, "region": region, "profile": profile}.items():
            if value is not None:
                words += [f"--{name}", value if isinstance(value, str) else _json(value)]
        return cls.of(*words, moves=moves)

    def then(self, *following: Command) -> Command:
        """This command and, if it succeeds, those that follow."""
        every = (self, *following)
        return Command(
            tuple(step for each in every for step in each.steps),
            "; ".join(each.moves for each in every if each.moves),
        )

    def __str__(self) -> str:
        return " && ".join(" ".join(_quoted(word) for word in step) for step in self.steps)


def _quoted(word: str) -> str:
    return word if isinstance(word, Shell) else shlex.quote(word)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
