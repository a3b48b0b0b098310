"""What the rehearsal knows in addition to moto's objects, and where it gets its time from."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from rehearsal.control_plane.autoscaling.group import GroupRecord
from rehearsal.control_plane.metrics.store import MetricStore
from rehearsal.control_plane.targets import HealthSource, TargetRegistry

ACCOUNT_ID = "123456789012"


@dataclass(slots=True)
class World:
    """The state of one local AWS that moto has no place for. All use is under `lock`."""

    clock: WorldClock
    health: HealthSource
    longest_drain_seconds: float | None = None
    """Where set, no target drains longer than this, whatever its deregistration delay."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    targets: TargetRegistry = field(default_factory=TargetRegistry)
    groups: dict[str, GroupRecord] = field(default_factory=dict[str, GroupRecord])
    """Auto Scaling groups by ARN."""
    sessions: dict[str, float] = field(default_factory=dict[str, float])
    """When the credentials of an assumed role expire, by access key id; epoch seconds."""
    given_ids: list[str] = field(default_factory=list[str])
    """Ids and ARNs that what is made next gets, each of its kind, in their order."""
    metrics: MetricStore = field(default_factory=MetricStore)
    metric_lag_seconds: float = 5.0
    """How long after the end of its minute a data point of the load balancers can be seen."""
    hosts_sampled_at: float = 0.0
    """When the targets' health was last taken into the metrics; epoch seconds."""
    alarm_evaluations: dict[str, int] = field(default_factory=dict[str, int])
    """The last evaluation of each alarm, by its ARN."""


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
