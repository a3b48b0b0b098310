"""The errors of the pure domain.

RolloutError
├── SplitError      weights that do not make a split, such as those that do not sum to 100
│   └── SplitTextError  text that does not have the form of a split
├── EntryError      a line that is not a journal entry, or has other facts than its kind
├── PlanError       a ramp that cannot run: nothing to move, services apart, a max that is too small
└── SettingsError   one or more problems in the stack config, reported together
"""

from __future__ import annotations

from rollout.problem import Problem, listed

CONFIG_REFUSED = "the stack config; nothing was changed."
"""What a refused config's text has in it, by which whoever reads the engine's output knows it."""


class RolloutError(Exception):
    """Base of every error that this package raises."""


class SplitError(RolloutError, ValueError):
    """A weight or a split that cannot be: not integers, outside 0..100, not summing to 100."""


class SplitTextError(SplitError):
    """Text that does not have the form of a split: two whole numbers with a slash between them."""


class SettingsError(RolloutError):
    """The stack config has problems; its text lists every one of them, with what fixes it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Hold `problems`, of which there is at least one."""
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        of, _, nothing_done = CONFIG_REFUSED.removesuffix(".").partition("; ")
        return listed(self.problems, of, nothing_done)


class EntryError(RolloutError, ValueError):
    """A line that is not a journal entry, or facts that its kind does not have."""


class PlanError(RolloutError):
    """A ramp that cannot run; its text has the reason and the fix."""
