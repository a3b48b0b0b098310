"""Whether a target passes its health checks, and who decides it.

The control plane decides which targets are checked at all (registered, in a target group that a
listener rule uses, on a running instance). A `HealthSource` reports how those checks go. Here it is
a clock; a data plane that really checks can take its place.
"""

from __future__ import annotations

import enum
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rehearsal.control_plane.images import NEVER_HEALTHY

TargetKey = tuple[str, str, int]
"""Target group ARN, target id, port."""


class HealthState(enum.StrEnum):
    """Outcome of a target's health checks so far, in the words of DescribeTargetHealth."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class CheckedTarget:
    """A target whose health is checked, with what a source needs to know of it."""

    target_group_arn: str
    target_id: str
    """Instance id, or an IP address where the target type is `ip`."""
    port: int
    checks_begin: float
    """Epoch seconds: registered, and its target group in use. Health from before does not count."""
    launched_at: float | None
    """Epoch seconds of the instance's launch; None for a target that is not a known instance."""
    build: str | None
    """The build of the instance's image (`images.BUILD_TAG`); None where it is not known."""
    interval_seconds: int
    unhealthy_threshold: int


@dataclass(frozen=True, slots=True)
class Health:
    """The outcome of one target's health checks, and since when (epoch seconds)."""

    state: HealthState
    since: float
    reason: str | None = None
    """AWS's reason code; given for an unhealthy target. Source: ELBv2 API, TargetHealth.Reason."""
    description: str | None = None


class HealthSource(Protocol):
    """Answers for the health checks of targets."""

    def health_of(self, target: CheckedTarget, now: float) -> Health:
        """The health of `target` at `now`, epoch seconds."""
        ...


@dataclass(frozen=True, slots=True)
class ClockHealth:
    """Health by the clock alone: an instance boots for a while, then passes its first check.

    One passed check makes a new target healthy, whatever the healthy threshold; that many failed
    ones make it unhealthy. Source: ELB user guide, "Health checks for your target groups".
    """

    boot_seconds: float = 2.0
    first_check_seconds: float = 0.5
    """From the moment a target is to be checked to the answer of its first check."""

    def health_of(self, target: CheckedTarget, now: float) -> Health:
        """The health of `target` at `now`, epoch seconds."""
        healthy_at = self._healthy_at(target)
        unhealthy_at = target.checks_begin + target.unhealthy_threshold * target.interval_seconds
        if now >= healthy_at:
            return Health(HealthState.HEALTHY, healthy_at)
        if now >= unhealthy_at:
            return Health(
                HealthState.UNHEALTHY,
                unhealthy_at,
                "Target.FailedHealthChecks",
                "Health checks failed",
            )
        return Health(HealthState.INITIAL, target.checks_begin)

    def _healthy_at(self, target: CheckedTarget) -> float:
        if target.build == NEVER_HEALTHY:
            return math.inf
        first_answer = target.checks_begin + self.first_check_seconds
        if target.launched_at is None:
            return first_answer
        return max(first_answer, target.launched_at + self.boot_seconds)


@dataclass(frozen=True, slots=True)
class Report:
    """The health that the checks of one target found."""

    checks_began: float
    """Epoch seconds; a report from before a target's registration is none."""
    health: Health


@dataclass(slots=True)
class ReportedHealth:
    """A `HealthSource` that answers what was reported last; `initial` until something was."""

    _reports: Mapping[TargetKey, Report] = field(default_factory=dict[TargetKey, Report])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def replace(self, reports: Mapping[TargetKey, Report]) -> None:
        """Take `reports` as all that is known."""
        with self._lock:
            self._reports = reports

    def health_of(self, target: CheckedTarget, now: float) -> Health:
        """The health of `target`; its checks take no part in the clock."""
        del now
        with self._lock:
            report = self._reports.get((target.target_group_arn, target.target_id, target.port))
        if report is None or report.checks_began < target.checks_begin:
            return Health(HealthState.INITIAL, target.checks_begin)
        return report.health
