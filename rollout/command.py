"""A command that a message prints: complete, and safe to run as it is printed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Shell(str):
    """A word that the shell reads itself, such as `"$(openssl rand -hex 16)"`; never quoted."""

    __slots__ = ()


class Quoted(str):
    """A word that is printed in quotes, whether or not the shell needs them: a config path."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Command:
    """What to type, as words, and whose requests it moves.

    Run as printed, in the state it was printed for, a command does what the sentence next to it
    promises and moves no request unless `moves` names it. If there is no such command, none is
    printed.
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

        `options`: by their names in the CLI, without dashes; values other than text become JSON,
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

    def with_options(self, *words: str) -> Command:
        """This command with more words at the end of each step, such as `--stack prod`.

        Before a `--`, where a step has one: behind it nothing is an option.
        """
        return Command(tuple(_with_options(step, words) for step in self.steps), self.moves)

    def __str__(self) -> str:
        return " && ".join(" ".join(_quoted(word) for word in step) for step in self.steps)


UP = Command.of("pulumi", "up")
REFRESH = Command.of("pulumi", "refresh")
RAMP = Command.of("failover", "ramp")
ROLLBACK = Command.of("failover", "rollback")
STATUS = Command.of("failover", "status")
_NAMESPACE = "failover:"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def config_set(path: str, text: str) -> Command:
    """Gives the config key at `path` this value; the rules move only with the next `pulumi up`.

    `path`: as the stack file has it, such as `failover:services.web.priority`.
    """
    value = ("--", text) if text.startswith("-") else (text,)
    # The CLI asks back where the name of a key looks like a secret's, such as `tokenEndpoint`.
    plain = ("--plaintext",) if "token" in path.rpartition(".")[2].lower() else ()
    return Command.of("pulumi", "config", "set", *plain, *_address(path), *value)


def config_set_secret(path: str) -> Command:
    """Asks for a value without showing it, and gives it to the config key at `path`, encrypted."""
    return Command.of("pulumi", "config", "set", "--secret", *_address(path))


def config_remove(path: str) -> Command:
    """Takes the config key at `path` out."""
    return Command.of("pulumi", "config", "rm", *_address(path))


STICKINESS_OFF = (
    "each client's next request goes to any target of the group, and what one target alone "
    "remembers of a client, such as a session, is then lost to it"
)


def without_stickiness(arn: str, *, region: str, profile: str | None = None) -> Command:
    """Turns the stickiness of a target group off, and leaves every other attribute as it is.

    A client that sticks to a target ignores the weights.
    """
    return Command.of_aws(
        "elbv2",
        "modify-target-group-attributes",
        {
            "target-group-arn": arn,
            "attributes": [{"Key": "stickiness.enabled", "Value": "false"}],
        },
        region=region,
        profile=profile,
        moves=STICKINESS_OFF,
    )


def _address(path: str) -> tuple[str, ...]:
    """The words that name a key: its bare name at the top level, `--path` below it."""
    top = path.removeprefix(_NAMESPACE)
    if _PLAIN.fullmatch(top):
        return (top,)
    if re.fullmatch(r"[a-z]+:[A-Za-z]+", path):
        return (path,)
    return ("--path", Quoted(path))


def _with_options(step: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, ...]:
    end = step.index("--") if "--" in step else len(step)
    return (*step[:end], *words, *step[end:])


def _quoted(word: str) -> str:
    if isinstance(word, Shell):
        return word
    quoted = shlex.quote(word)
    return f"'{word}'" if isinstance(word, Quoted) and quoted == word else quoted


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
