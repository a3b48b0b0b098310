"""Health as a data plane reports it, in place of the clock."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearsal.control_plane.health import CheckedTarget, Health, HealthState

TargetKey = tuple[str, str, int]
"""Target group ARN, target id, port."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the checks of one target say."""

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
