"""Where the control plane gets its time from, so that tests turn the hands themselves."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class WorldClock(Protocol):
    """The time. Every duration in the rehearsal is measured on one clock."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...


class SystemWorldClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()


def timestamp(seconds: float) -> datetime:
    """The moment as the AWS API shows it: UTC, with its zone."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def epoch_of(moment: datetime) -> float:
    """The moment in epoch seconds. moto's moments have no zone and mean UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
