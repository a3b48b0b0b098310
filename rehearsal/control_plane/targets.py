"""Registered targets, whether they pass their health checks, and their states.

The control plane decides which targets are checked at all (registered, in a target group that a
listener rule uses, on a running instance). A `HealthSource` reports how those checks go. Here it is
a clock; a data plane that really checks can take its place. The states are those that
DescribeTargetHealth gives.
"""

from __future__ import annotations

import enum
import math
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class TargetState:
    """A target's state with AWS's reason code and description.

    Source: ELBv2 API Reference, TargetHealth.
    """

    state: str
    reason: str | None = None
    description: str | None = None


REGISTERING = TargetState(
    "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
)
FIRST_CHECKS = TargetState(
    "initial", "Elb.InitialHealthChecking", "Initial health checks in progress"
)
HEALTHY = TargetState("healthy")
DRAINING = TargetState(
    "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
)
NOT_REGISTERED = TargetState(
    "unused", "Target.NotRegistered", "Target is not registered to the target group"
)
NOT_IN_USE = TargetState(
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)
ZONE_NOT_ENABLED = TargetState(
    "unused",
    "Target.NotInUse",
    "Target is in an Availability Zone that is not enabled for the load balancer",
)
STOPPED = TargetState("unused", "Target.InvalidState", "Target is in the stopped state")
TERMINATED = TargetState("unused", "Target.InvalidState", "Target is in the terminated state")


@dataclass(slots=True)
class Registration:
    """One target in one target group, from its registration to the end of its draining."""

    target_id: str
    port: int
    checks_begin: float | None = None
    """When its checks could begin: registered and its group in use; None while it is in no use."""
    deregistered_at: float | None = None
    state: TargetState = REGISTERING
    """Its state at the last look."""

    @property
    def is_draining(self) -> bool:
        """Deregistered, with the deregistration delay still running."""
        return self.deregistered_at is not None


def state_from(health: Health) -> TargetState:
    """A checked target's health, in the form of DescribeTargetHealth."""
    if health.state is HealthState.HEALTHY:
        return HEALTHY
    if health.state is HealthState.INITIAL:
        return FIRST_CHECKS
    return TargetState("unhealthy", health.reason, health.description)


@dataclass(slots=True)
class TargetRegistry:
    """Every registration of every target group, by the group's ARN."""

    _groups: dict[str, dict[tuple[str, int], Registration]] = field(
        default_factory=dict[str, dict[tuple[str, int], Registration]]
    )

    def register(self, arn: str, target_id: str, port: int) -> bool:
        """Register a target; a draining one starts again. True if that changed anything."""
        group = self._groups.setdefault(arn, {})
        known = group.get((target_id, port))
        if known is not None and not known.is_draining:
            return False
        group[target_id, port] = Registration(target_id, port)
        return True

    def deregister(self, arn: str, target_id: str, port: int | None, now: float) -> bool:
        """Start to drain a target, on every port where `port` is None. True if one was there."""
        found = [
            registration
            for registration in self.active(arn)
            if registration.target_id == target_id and port in (None, registration.port)
        ]
        for registration in found:
            registration.deregistered_at = now
            registration.state = DRAINING
        return bool(found)

    def active(self, arn: str) -> list[Registration]:
        """The targets that are registered and not draining, in the order of registration."""
        return [r for r in self._groups.get(arn, {}).values() if not r.is_draining]

    def all_of(self, arn: str) -> list[Registration]:
        """Every target that DescribeTargetHealth lists, draining ones included."""
        return list(self._groups.get(arn, {}).values())

    def find(self, arn: str, target_id: str, port: int) -> Registration | None:
        """The registration of exactly that target and port."""
        return self._groups.get(arn, {}).get((target_id, port))

    def is_attached(self, arn: str, target_id: str) -> bool:
        """Whether the target is in the group in any state, draining included."""
        return any(r.target_id == target_id for r in self.all_of(arn))

    def items(self) -> Iterator[tuple[str, Registration]]:
        """Every registration with its target group's ARN."""
        for arn, group in self._groups.items():
            for registration in group.values():
                yield arn, registration

    def drop_drained(self, is_drained: Callable[[str, Registration], bool]) -> bool:
        """Forget the draining targets whose time is up. True if there were any."""
        drained = [
            (arn, registration)
            for arn, registration in self.items()
            if registration.is_draining and is_drained(arn, registration)
        ]
        for arn, registration in drained:
            del self._groups[arn][registration.target_id, registration.port]
        return bool(drained)

    def keep_groups(self, arns: Collection[str]) -> None:
        """Forget every target group that is not in `arns`: it was deleted."""
        for arn in [arn for arn in self._groups if arn not in arns]:
            del self._groups[arn]
