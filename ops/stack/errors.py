"""What the CLI can fail with.

StackError
├── NoProjectError  there is no Pulumi project here
├── NoStackError    there is no such stack in this backend
├── StackFileError  the stack file cannot be read
├── EngineAccessError  nobody is logged in, or the passphrase is missing or wrong
└── PulumiError     the CLI exited with an error, or there is none
"""

from __future__ import annotations

from typing import ClassVar


class StackError(Exception):
    """Base of every error here; its text says what is wrong and what fixes it."""

    exit_code: ClassVar[int] = 3


class NoProjectError(StackError):
    """There is no Pulumi project here."""

    exit_code: ClassVar[int] = 2


class NoStackError(StackError):
    """There is no such stack in this backend."""

    exit_code: ClassVar[int] = 2


class StackFileError(StackError):
    """The stack file cannot be read; the text says where it breaks."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problem: str, expected: str = "", fix: str = "") -> None:
        """Hold what is wrong, and what fixes it where that can be done here."""
        self.problem = problem
        lines = [problem]
        lines += [f"  expected: {expected}"] if expected else []
        lines += [f"  fix:      {fix}"] if fix else []
        super().__init__("\n".join(lines))


class EngineAccessError(StackError):
    """The shell cannot use the engine: no login, or a passphrase that is missing or wrong."""

    exit_code: ClassVar[int] = 2


class PulumiError(StackError):
    """The CLI exited with an error; the text holds its own words."""
