"""Which target groups are in use, and the states of their targets as time goes by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends
from moto.elbv2.models import ELBv2Backend, elbv2_backends

from rehearsal.control_plane.images import BUILD_TAG
from rehearsal.control_plane.targets import (
    DRAINING,
    NOT_IN_USE,
    STOPPED,
    TERMINATED,
    ZONE_NOT_ENABLED,
    CheckedTarget,
    Registration,
    TargetState,
    state_from,
)
from rehearsal.control_plane.world import World, epoch_of
from rollout.forward_action import target_group_weights


def forwarded_to(action: Any) -> list[str]:
    """ARNs of the target groups that a moto action forwards to, those of weight 0 included."""
    return list(target_group_weights(action.data))


def users_of_target_groups(elbv2: ELBv2Backend) -> dict[str, list[Any]]:
    """For each target group in use, by ARN: moto's load balancers that forward to it.

    A target group is in use from the moment that a listener or a rule refers to it, whatever the
    weight. Source: ELB user guide, "Health checks for your target groups".
    """
    users: dict[str, list[Any]] = {}
    for balancer, arn in _references(elbv2):
        known = users.setdefault(arn, [])
        if balancer not in known:
            known.append(balancer)
    return users


def _references(elbv2: ELBv2Backend) -> Iterator[tuple[Any, str]]:
    for balancer in elbv2.load_balancers.values():
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                for action in rule.actions:
                    for arn in forwarded_to(action):
                        yield balancer, arn


def reconcile_targets(world: World, now: float) -> bool:
    """Bring the state of every registered target up to `now`. True if any state changed."""
    changed = False
    known: set[str] = set()
    for _, _, elbv2 in list(elbv2_backends.iter_backends()):
        assert isinstance(elbv2, ELBv2Backend)
        known.update(elbv2.target_groups)
        changed |= _reconcile_backend(world, elbv2, now)
    world.targets.keep_groups(known)
    return changed


def _reconcile_backend(world: World, elbv2: ELBv2Backend, now: float) -> bool:
    users = users_of_target_groups(elbv2)
    instances = instances_by_id(elbv2)
    changed = _deregister_terminated(world, elbv2, instances, now)
    changed |= world.targets.drop_drained(
        lambda arn, r: arn in elbv2.target_groups and _is_drained(world, elbv2, users, arn, r, now)
    )
    for arn, group in elbv2.target_groups.items():
        for registration in world.targets.all_of(arn):
            _note_use(registration, arn in users, now)
            state = _state_of(world, group, registration, users.get(arn, []), instances, now)
            changed |= state != registration.state
            registration.state = state
    return changed


def instances_by_id(elbv2: ELBv2Backend) -> dict[str, Any]:
    """Moto's EC2 instances of the same account and region, those that are terminated included."""
    ec2 = ec2_backends[elbv2.account_id][elbv2.region_name]
    return {i.id: i for r in ec2.reservations.values() for i in r.instances}


def drain_seconds(world: World, group: Any) -> float:
    """How long a target of moto's target group `group` drains."""
    configured = float(group.attributes["deregistration_delay.timeout_seconds"])
    longest = world.longest_drain_seconds
    return configured if longest is None else min(configured, longest)


def _is_drained(
    world: World,
    elbv2: ELBv2Backend,
    users: dict[str, list[Any]],
    arn: str,
    registration: Registration,
    now: float,
) -> bool:
    """A target of a group in no use has no connection to finish, so it is gone at once."""
    assert registration.deregistered_at is not None
    if arn not in users:
        return True
    return now >= registration.deregistered_at + drain_seconds(world, elbv2.target_groups[arn])


def _deregister_terminated(
    world: World, elbv2: ELBv2Backend, instances: dict[str, Any], now: float
) -> bool:
    """A terminated instance is deregistered by the load balancer itself."""
    changed = False
    for arn in elbv2.target_groups:
        for registration in world.targets.active(arn):
            instance = instances.get(registration.target_id)
            if instance is not None and instance.state == "terminated":
                changed |= world.targets.deregister(
                    arn, registration.target_id, registration.port, now
                )
    return changed


def _note_use(registration: Registration, in_use: bool, now: float) -> None:
    if not in_use:
        registration.checks_begin = None
    elif registration.checks_begin is None:
        registration.checks_begin = now


def _state_of(
    world: World,
    group: Any,
    registration: Registration,
    balancers: list[Any],
    instances: dict[str, Any],
    now: float,
) -> TargetState:
    if registration.is_draining:
        return DRAINING
    instance = instances.get(registration.target_id)
    if instance is not None and instance.state != "running":
        return TERMINATED if instance.state == "terminated" else STOPPED
    if registration.checks_begin is None:
        return NOT_IN_USE
    if instance is not None and not _is_zone_enabled(instance, balancers):
        return ZONE_NOT_ENABLED
    checked = _checked(group, registration, instance, registration.checks_begin)
    return state_from(world.health.health_of(checked, now))


def _is_zone_enabled(instance: Any, balancers: list[Any]) -> bool:
    return any(
        subnet.availability_zone == instance.placement.zone
        for balancer in balancers
        for subnet in balancer.subnets
    )


def _checked(
    group: Any, registration: Registration, instance: Any, checks_begin: float
) -> CheckedTarget:
    return CheckedTarget(
        target_group_arn=group.arn,
        target_id=registration.target_id,
        port=registration.port,
        checks_begin=checks_begin,
        launched_at=None if instance is None else epoch_of(instance.launch_time),
        build=None if instance is None else build_of(instance),
        interval_seconds=int(group.health_check_interval_seconds),
        unhealthy_threshold=int(group.unhealthy_threshold_count),
    )


def build_of(instance: Any) -> str | None:
    """The build that moto's instance `instance` runs, by the tag of its image."""
    tags: dict[str, str] = instance.ec2_backend.tags.get(instance.image_id, {})
    return tags.get(BUILD_TAG)
