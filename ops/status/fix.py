"""A way out of a difference: a command that can be run as it is written."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.command import UP, Command, config_remove, config_set
from rollout.hidden_rules import HiddenService

_REASON = "put back what was changed past the stack"


@dataclass(frozen=True, slots=True)
class FixCommand:
    """What it leads to, in a few words, and the command."""

    to: str
    command: Command


def stack_option(named_stack: str | None) -> tuple[str, ...]:
    """What a command of the CLI ends with, so that it acts on the stack that was asked about."""
    return ("--stack", named_stack) if named_stack else ()


def to_the_front(hidden: HiddenService, named_stack: str | None) -> tuple[FixCommand, ...]:
    """The way that has a service that gets no request asked first; none where there is none."""
    if hidden.before is None:
        return ()
    command = hidden.before.with_options(*stack_option(named_stack))
    return (FixCommand(hidden.before.moves, command),)


def put_back(option: tuple[str, ...], *, is_refused: bool) -> Command:
    """The command that gives AWS what the program says, read before it is written.

    Args:
        option: What each command ends with.
        is_refused: Whether the guards let it through only for a reason.
    """
    up = UP.with_options("--refresh")
    if is_refused:
        up = config_set("override", _REASON).then(up, config_remove("override"))
    return up.with_options(*option)
