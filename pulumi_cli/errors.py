"""What a command of the Pulumi CLI can fail with; two of the faults show in its words only.

StackError
├── NoStackError       there is no such stack in the backend, or none is selected
├── EngineAccessError  no login, or a passphrase that is missing or wrong
├── NoCliError         there is no CLI on PATH
└── PulumiError        the CLI exited with an error
    └── EventStreamError  the CLI wrote no event stream, or one that breaks off
"""

from __future__ import annotations

import re
from typing import ClassVar

from rollout.command import Command, Shell

_LOGIN = re.compile(
    r"PULUMI_ACCESS_TOKEN must be set for login|invalid access token|401: Unauthorized"
    r"|credentials (?:have )?expired",
    re.IGNORECASE,
)
_NO_PASSPHRASE = re.compile(r"passphrase must be set|unable to find either .PULUMI_CONFIG_PASS")
_WRONG_PASSPHRASE = re.compile(r"incorrect passphrase")

_READ_PASSPHRASE = Command.of("read", "-rs", "PULUMI_CONFIG_PASSPHRASE").then(
    Command.of("export", "PULUMI_CONFIG_PASSPHRASE")
)
_LOG_IN = Command.of("pulumi", "login", Shell('"${PULUMI_BACKEND_URL:-https://api.pulumi.com}"'))


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


def access_fault(words: str) -> EngineAccessError | None:
    """The error in the words of a failed `pulumi` command; None where it is another one.

    The CLI has no exit code for a passphrase, and one for a login only in some commands, so its
    words decide. Source: measured, CLI 3.255.0.
    """
    if _LOGIN.search(words):
        return _fault(
            "this shell is not logged in to a Pulumi backend",
            "a login to the backend that has the stack",
            f"{_LOG_IN}   # or the URL of your own backend, such as s3://BUCKET",
        )
    if _NO_PASSPHRASE.search(words):
        return _fault(
            "this shell has no passphrase for the stack's secrets",
            "PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE with the path of a file",
            f"{_READ_PASSPHRASE}   # type the passphrase, it is not shown",
        )
    if _WRONG_PASSPHRASE.search(words):
        return _fault(
            "the passphrase of this shell is not the one of the stack's secrets",
            "the passphrase that the stack was created with, in PULUMI_CONFIG_PASSPHRASE",
            f"{_READ_PASSPHRASE}   # type the passphrase, it is not shown",
        )
    return None


def _fault(what: str, expected: str, fix: str) -> EngineAccessError:
    return EngineAccessError(f"{what}\n  expected: {expected}\n  fix:      {fix}")
