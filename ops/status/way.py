"""A way out of a difference: a command that can be run as it is written."""

from __future__ import annotations

from dataclasses import dataclass

_REASON = "put back what was changed past the stack"


@dataclass(frozen=True, slots=True)
class Way:
    """What it leads to, in a few words, and the command."""

    to: str
    command: str


def stack_option(named_stack: str | None) -> str:
    """What a command of the CLI ends with, so that it acts on the stack that was asked about."""
    return f" --stack {named_stack}" if named_stack else ""


def put_back(option: str, *, is_refused: bool) -> str:
    """The command that gives AWS what the program says, read before it is written.

    Args:
        option: What each command ends with.
        is_refused: Whether the guards let it through only for a reason.
    """
    up = f"pulumi up --refresh{option}"
    if not is_refused:
        return up
    reason = f"pulumi config set override '{_REASON}'{option}"
    return f"{reason} && {up} && pulumi config rm override{option}"
