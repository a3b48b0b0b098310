"""What ends a command of `failover` other than well: its errors, and the words for a fault of ours.

An error has what happened, what is expected, and what fixes it.

CommandError        the base: a message for a person, and the exit code of the command
├── RefusedError    a check failed, or the change was undone; nothing is half done (1)
├── InputError      the options, the config or the shell are wrong (2)
└── UnsureError     something cannot be read, or differs from what it should be (3)
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rollout.command import RAMP, ROLLBACK, STATUS, Command
from rollout.problem import laid_out


class CommandError(Exception):
    """Ends a command; `str` is the whole message, laid out for a terminal."""

    exit_code: ClassVar[int] = 3

    def __init__(
        self, happened: str, *, expected: str = "", fixes: Iterable[Command | str] = ()
    ) -> None:
        """Hold the parts of the message.

        Args:
            happened: What is wrong, with the value.
            expected: What would be right.
            fixes: What to type, the best first; a text where a command alone is not enough.
        """
        self.happened = happened
        self.expected = expected
        self.fixes = tuple(str(fix) for fix in fixes)
        super().__init__(laid_out(happened, expected, self.fixes))


class RefusedError(CommandError):
    """A check failed, or the change was undone; nothing is half done."""

    exit_code: ClassVar[int] = 1


class InputError(CommandError):
    """The options, the config or the shell are wrong; nothing was changed."""

    exit_code: ClassVar[int] = 2


class UnsureError(CommandError):
    """Something cannot be read, or differs from what it should be; nothing more was changed."""

    exit_code: ClassVar[int] = 3


UNEXPECTED_EXIT_CODE = 70
"""No verdict of any gate: a fault of this program. Source: sysexits.h, EX_SOFTWARE."""


def unexpected_words(error: BaseException, command: str, stack_option: Sequence[str] = ()) -> str:
    """The traceback, what it means for the traffic, and what to type.

    Args:
        error: The unexpected error.
        command: What it ended.
        stack_option: What a command ends with to act on the same stack, where that is known.
    """
    status, ramp, rollback = (each.with_options(*stack_option) for each in (STATUS, RAMP, ROLLBACK))
    trace = "".join(traceback.format_exception(error))
    return (
        f"{trace}error: `{command}` failed by a fault of its own: {type(error).__name__}: {error}\n"
        "  traffic:  this moves no weight; a `pulumi up` that was begun ends by itself, and the "
        "rules are as it leaves them\n"
        f"  next:     {status} shows the weights; then {ramp} resumes the ramp, "
        f"{rollback} goes back"
    )
