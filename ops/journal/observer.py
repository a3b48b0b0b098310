"""Who is told what happens in a ramp: views, event streams, reports."""

from __future__ import annotations

from typing import Protocol

from rollout.entry import Entry


class Observer(Protocol):
    """Sees every entry once it is in the journal, in order, from the driver's own thread."""

    def saw(self, entry: Entry) -> None:
        """`entry` was written. Quick: the driver waits for it."""
        ...

    def waits(self, what: str, seconds_left: float | None) -> None:
        """The driver waits for `what`, told about once a second; None when no end is known."""
        ...
