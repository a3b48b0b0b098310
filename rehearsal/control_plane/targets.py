"""Registered targets and their states, as DescribeTargetHealth gives them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from rehearsal.control_plane.health import Health, HealthState


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
