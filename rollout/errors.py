"""The errors of the pure domain.

RolloutError
├── SplitError      text that is no split, or weights that do not sum to 100
└── SettingsError   one or more problems in the stack config, reported together
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollout.problem import Problem


class RolloutError(Exception):
    """Base of every error that this package raises."""


class SplitError(RolloutError, ValueError):
    """A weight or a split that cannot be: not integers, outside 0..100, not summing to 100."""


class SettingsError(RolloutError):
    """The stack config has problems; its text lists every one of them, with what mends it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Hold `problems`, of which there is at least one."""
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        count = len(self.problems)
        title = "1 problem" if count == 1 else f"{count} problems"
        listed = "\n".join(f"{n}. {problem}" for n, problem in enumerate(self.problems, start=1))
        return f"{title} in the stack config; nothing was changed.\n{listed}"
