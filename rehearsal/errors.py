"""The errors of the rehearsal.

RehearsalError            base; `exit_code` is what the command ends with
├── NotRunningError       a command needs a running rehearsal and there is none
├── BadScenarioError      there is no scenario of that name
├── BusyError             someone else runs, or an update is in progress
└── NotSupportedError     the rehearsal cannot be true to AWS here, and says so
"""

from __future__ import annotations


class RehearsalError(Exception):
    """Something went wrong; the text says what, and what to type next."""

    exit_code = 1


class NotRunningError(RehearsalError):
    """There is no rehearsal in this clone."""

    exit_code = 2


class BadScenarioError(RehearsalError):
    """There is no scenario of that name; nothing was begun."""

    exit_code = 2


class BusyError(RehearsalError):
    """The rehearsal is in use; nothing was changed."""

    exit_code = 3


class NotSupportedError(RehearsalError):
    """The stack asks for something that the rehearsal does not have."""

    exit_code = 2
