"""Observers of a ramp: views, event streams, reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rollout.entry import Entry
from rollout.verdict import Verdict


class RampObserver(Protocol):
    """Gets every event in order, in the driver's own thread; must be quick, the driver waits."""

    def saw(self, entry: Entry) -> None:
        """`entry` is in the journal now."""
        ...

    def waits(self, what: str, seconds_left: float | None) -> None:
        """The driver waits for `what`, called about once a second; None where no end is known."""
        ...

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        """The verdict of every gate, about once a second; the journal has what changed."""
        ...
