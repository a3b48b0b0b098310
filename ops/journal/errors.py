"""The errors of the journal.

JournalError   it cannot be read or written, so that the ramp could not be found again
"""

from __future__ import annotations

from ops.errors import UnsureError


class JournalError(UnsureError):
    """The journal cannot be read or written; the text names the file and the system's reason."""
