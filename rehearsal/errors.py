"""The errors of the rehearsal.

RehearsalError            base; `exit_code` is what the command ends with
├── NotRunningError       a command needs a running rehearsal and there is none
├── BadScenarioError      there is no scenario of that name
├── BadStackError         there is no such stack to rehearse, or its file cannot be read
├── BadInspectionError    the file of an inspection cannot be read, or is not the stack's
├── NoPortError           no port is free on loopback, or there is no loopback
├── StartError            the supervisor could not start it; it has the supervisor's exit code
├── BusyError             someone else runs, or an update is in progress
└── NotSupportedError     the rehearsal cannot be true to AWS here
"""

from __future__ import annotations


class RehearsalError(Exception):
    """Something went wrong; the text names it, and what to type next."""

    exit_code = 1


class NotRunningError(RehearsalError):
    """There is no rehearsal in this clone."""

    exit_code = 2


class BadScenarioError(RehearsalError):
    """There is no scenario of that name; nothing was begun."""

    exit_code = 2


class BadStackError(RehearsalError):
    """There is no such stack to rehearse, or its file cannot be read; nothing was begun."""

    exit_code = 2


class BadInspectionError(RehearsalError):
    """The file of an inspection cannot be read, or is not the stack's; nothing was begun."""

    exit_code = 2


class NoPortError(RehearsalError):
    """No port is free on loopback, or there is no loopback; nothing was begun."""

    exit_code = 3


class StartError(RehearsalError):
    """The supervisor could not start it; the text and the exit code are the supervisor's."""

    def __init__(self, text: str, exit_code: int) -> None:
        """Hold what the supervisor printed."""
        super().__init__(text)
        self.exit_code = exit_code


class BusyError(RehearsalError):
    """The rehearsal is in use; nothing was changed."""

    exit_code = 3


class NotSupportedError(RehearsalError):
    """The stack asks for something that the rehearsal does not have."""

    exit_code = 2
