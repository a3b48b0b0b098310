"""What a command prints, and exits with, when an unexpected error ends it."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from rollout.command import RAMP, ROLLBACK, STATUS

EXIT_CODE = 70
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
