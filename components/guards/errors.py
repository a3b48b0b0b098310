"""Why the guards end an update.

GuardError
├── RefusedUpdateError  the guards refuse the update; its text is every notice
└── ReadBackError       a rule is not what the update has set
"""

from __future__ import annotations

from collections.abc import Sequence

from rollout.notice import Notice


class GuardError(Exception):
    """Base of every error that the guards raise; its text is for a person."""


class RefusedUpdateError(GuardError):
    """The update is refused."""

    def __init__(self, notices: Sequence[Notice]) -> None:
        """Hold the notices to report, of which there is at least one."""
        self.notices = tuple(notices)
        super().__init__("\n".join(map(str, self.notices)))


class ReadBackError(GuardError):
    """A rule is not what the update has set."""
