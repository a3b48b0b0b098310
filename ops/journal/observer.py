"""Who is told what happens in a ramp: views, event streams, reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rollout.entry import Entry
from rollout.verdict import Verdict


class RampObserver(Protocol):
    """Is told everything in order, from the driver's own thread; quick, since the driver waits."""

    def saw(self, entry: Entry) -> None:
        """`entry` is in the journal now."""
        ...

    def waits(self, what: str, seconds_left: float | None) -> None:
        """The driver waits for `what`, told about once a second; None when no end is known."""
        ...

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        """What every gate says now, told about once a second; the journal has what changed."""
        ...
