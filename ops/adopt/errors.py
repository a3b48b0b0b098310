"""What an adoption can fail with.

AdoptError            the base: bad input, nothing was changed
├── RefusedError      something stands in the way, or went wrong and was undone
└── UnsureError       not known how it stands: locked, unreachable, read-back differs
"""

from __future__ import annotations

from typing import ClassVar


class AdoptError(Exception):
    """Base of every error here; its text says what is wrong and what fixes it."""

    exit_code: ClassVar[int] = 2


class RefusedAdoptionError(AdoptError):
    """It is not done, for a reason that is said."""

    exit_code: ClassVar[int] = 1


class UnsureError(AdoptError):
    """A person has to look."""

    exit_code: ClassVar[int] = 3
