"""The errors of the pure domain.

    RolloutError
    ├── SplitError      text that is no split, or weights that do not sum to 100
    └── SettingsError   one or more problems in the stack config, reported together
"""

from __future__ import annotations


class RolloutError(Exception):
    """Base of every error that this package raises."""


class SplitError(RolloutError, ValueError):
    """A weight or a split that cannot be: not integers, outside 0..100, not summing to 100."""
