"""What a command of the Pulumi CLI can fail with.

StackError
├── NoStackError       there is no such stack in the backend, or none is selected
├── EngineAccessError  no login, or a passphrase that is missing or wrong
├── NoCliError         there is no CLI on PATH
└── PulumiError        the CLI exited with an error
    └── EventStreamError  the CLI wrote no event stream, or one that breaks off
"""

from __future__ import annotations

from typing import ClassVar


class StackError(Exception):
    """Base of every error here; the text names the fix."""

    exit_code: ClassVar[int] = 3


class NoStackError(StackError):
    """There is no such stack in the backend, or none is selected."""

    exit_code: ClassVar[int] = 2


class EngineAccessError(StackError):
    """The shell cannot use the engine: no login, or a passphrase that is missing or wrong."""

    exit_code: ClassVar[int] = 2


class NoCliError(StackError):
    """There is no CLI on PATH; the text names what installs one."""


class PulumiError(StackError):
    """The CLI exited with an error; the text holds the CLI's own words."""


class EventStreamError(PulumiError):
    """The CLI wrote no event stream, or one that breaks off."""
