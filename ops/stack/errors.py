"""What the CLI can fail with.

StackError
├── NoStackError    there is no such stack in this backend
└── PulumiError     the CLI exited with an error, or there is none
"""

from __future__ import annotations

from typing import ClassVar


class StackError(Exception):
    """Base of every error here; its text says what is wrong and what mends it."""

    exit_code: ClassVar[int] = 3


class NoStackError(StackError):
    """There is no such stack in this backend."""

    exit_code: ClassVar[int] = 2


class PulumiError(StackError):
    """The CLI exited with an error; the text holds its own words."""
