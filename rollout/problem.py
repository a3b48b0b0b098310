"""A problem in what a person gave: where, what was found, what is expected, and what fixes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NOT_SET = "not set"
"""How a value that is absent is shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a stack config or with a command's options."""

    path: str
    """The key as the stack file spells it, such as `failover:services.web.priority`."""
    found: str
    """The value as it would be typed, or `NOT_SET`; never a secret."""
    expected: str
    """What would be right, in words, with the reason where it is not plain."""
    fix: str
    """The command that fixes it."""

    def __str__(self) -> str:
        found = self.found if self.found == NOT_SET else f"is {self.found}"
        return laid_out(f"{self.path} {found}", self.expected, (self.fix,))


def laid_out(happened: str, expected: str = "", fixes: Sequence[str] = ()) -> str:
    """A message: what happened, what is expected, and each fix on a line of its own.

    The margin of the errors of commands; the guards' messages have their own. Without `expected`
    and `fixes` it is the first line alone.
    """
    rows = [("expected:", expected)] if expected else []
    rows += [("or:" if number else "fix:", fix) for number, fix in enumerate(fixes)]
    return "\n".join([happened, *(f"  {label:<9} {text}" for label, text in rows)])


def listed(problems: Sequence[Problem], of: str, nothing_done: str) -> str:
    """Every problem, numbered, under a title: where (`of`), and what was not done."""
    count = len(problems)
    title = "1 problem" if count == 1 else f"{count} problems"
    lines = (f"{number}. {problem}" for number, problem in enumerate(problems, start=1))
    return "\n".join((f"{title} in {of}; {nothing_done}.", *lines))
