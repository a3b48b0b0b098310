"""A problem in the stack config: where, what was found, what is expected, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass

NOT_SET = "not set"
"""How a value that is absent is shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the stack config."""

    path: str
    """The key as the stack file spells it, such as `failover:services.web.priority`."""
    found: str
    """The value as it would be typed, or `NOT_SET`; never a secret."""
    expected: str
    """What would be right, in words, with the reason where it is not plain."""
    mend: str
    """The command that mends it."""

    def __str__(self) -> str:
        found = self.found if self.found == NOT_SET else f"is {self.found}"
        return f"{self.path} {found}\n  expected: {self.expected}\n  mend:     {self.mend}"
