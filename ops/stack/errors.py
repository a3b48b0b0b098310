"""What the CLI can fail with.

StackError
├── NoProjectError  there is no Pulumi project here
├── NoStackError    there is no such stack in this backend
├── StackFileError  the stack file cannot be read
├── EngineAccessError  nobody is logged in, or the passphrase is missing or wrong
└── PulumiError     the CLI exited with an error, or there is none
"""

from __future__ import annotations

from ops.errors import CommandError, InputError, UnsureError


class StackError(CommandError):
    """Base of every error here; its text says what is wrong and what fixes it."""


class NoProjectError(StackError, InputError):
    """There is no Pulumi project here."""


class NoStackError(StackError, InputError):
    """There is no such stack in this backend."""


class StackFileError(StackError, InputError):
    """The stack file cannot be read; the text says where it breaks."""

    def __init__(self, problem: str, expected: str = "", fix: str = "") -> None:
        """Hold what is wrong, and what fixes it where that can be done here."""
        self.problem = problem
        super().__init__(problem, expected=expected, fixes=[fix] if fix else [])


class EngineAccessError(StackError, InputError):
    """The shell cannot use the engine: no login, or a passphrase that is missing or wrong."""


class PulumiError(StackError, UnsureError):
    """The CLI exited with an error; the text holds its own words."""
