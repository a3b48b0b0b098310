"""Targets: registration, deregistration, and health as AWS reports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.models import ec2_backends
from moto.elbv2.exceptions import ELBClientError, TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeTargetGroup

from rehearsal.control_plane.correction import ComputedProperty, Correction, Replace
from rehearsal.control_plane.target_reconciler import users_of_target_groups
from rehearsal.control_plane.targets import NOT_REGISTERED, Registration, TargetState
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]
_Target = dict[str, Any]


def _group(backend: ELBv2Backend, arn: str) -> Any:
    group = backend.target_groups.get(arn)
    if group is None:
        raise TargetGroupNotFoundError
    return group


def _register_targets(
    world: World, original: _Original, self: ELBv2Backend, arn: str, targets: list[_Target]
) -> None:
    del original
    group = _group(self, arn)
    for target in targets:
        _check_target(self, group, target["Id"])
    for target in targets:
        world.targets.register(arn, target["Id"], int(target.get("Port") or group.port))


def _check_target(backend: ELBv2Backend, group: Any, target_id: str) -> None:
    """Refuse what is not a running instance of the group's VPC."""
    if group.target_type == "ip":
        return
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    instance = next((i for i in ec2.all_instances() if i.id == target_id), None)
    if instance is None:
        raise ELBClientError("InvalidTarget", f"Instance ID '{target_id}' is not valid")
    if instance.state != "running":
        raise ELBClientError(
            "InvalidTarget",
            "The following targets are not in a running state and cannot be registered: "
            f"'{target_id}'",
        )
    if instance.vpc_id != group.vpc_id:
        raise ELBClientError(
            "InvalidTarget",
            f"The following targets are not in the target group VPC '{group.vpc_id}': "
            f"'{target_id}'",
        )


def _deregister_targets(
    world: World, original: _Original, self: ELBv2Backend, arn: str, targets: list[_Target]
) -> None:
    del original
    group = _group(self, arn)
    now = world.clock.now()
    for target in targets:
        port = int(target["Port"]) if target.get("Port") else None
        if not world.targets.deregister(arn, target["Id"], port, now):
            raise ELBClientError(
                "InvalidTarget",
                f"The following targets are not registered: '{target['Id']}:{port or group.port}'",
            )


def _describe_target_health(
    world: World, original: _Original, self: ELBv2Backend, arn: str, targets: list[_Target]
) -> list[dict[str, Any]]:
    del original
    group = _group(self, arn)
    if not targets:
        return [_described(group, r.target_id, r.port, r.state) for r in world.targets.all_of(arn)]
    described: list[dict[str, Any]] = []
    for target in targets:
        port = int(target.get("Port") or group.port)
        known = world.targets.find(arn, target["Id"], port) or _only(world, arn, target)
        state = NOT_REGISTERED if known is None else known.state
        described.append(_described(group, target["Id"], known.port if known else port, state))
    return described


def _only(world: World, arn: str, target: _Target) -> Registration | None:
    """The one registration of a target that was named without its port."""
    if target.get("Port"):
        return None
    found = [r for r in world.targets.all_of(arn) if r.target_id == target["Id"]]
    return found[0] if len(found) == 1 else None


def _described(group: Any, target_id: str, port: int, state: TargetState) -> dict[str, Any]:
    check_port = group.health_check_port
    return {
        "Target": {"Id": target_id, "Port": port},
        "HealthCheckPort": str(port) if check_port == "traffic-port" else str(check_port),
        "TargetHealth": {
            "State": state.state,
            "Reason": state.reason,
            "Description": state.description,
        },
    }


def _load_balancer_arns(world: World, self: FakeTargetGroup) -> list[str]:
    del world
    from moto.elbv2.models import elbv2_backends

    backend = elbv2_backends[self.account_id][self.region_name]
    return [b.arn for b in users_of_target_groups(backend).get(self.arn, [])]


def _leave_terminated(
    world: World, original: _Original, self: ELBv2Backend, instance_ids: list[str]
) -> None:
    """Nothing now: the next tick sees the terminated instances and deregisters them."""
    del world, original, self, instance_ids


TARGET_HEALTH = Correction(
    name="target-health",
    moto="Every target is healthy at once and for ever, also in a group that no rule uses.",
    aws=(
        "initial until its first check passes, healthy, unhealthy, unused while no listener or "
        "rule refers to the group, draining for the deregistration delay; a target is known by "
        "id and port, and has to be a running instance of the group's VPC."
    ),
    changes=(
        Replace(ELBv2Backend, "register_targets", _register_targets),
        Replace(ELBv2Backend, "deregister_targets", _deregister_targets),
        Replace(ELBv2Backend, "describe_target_health", _describe_target_health),
        Replace(ELBv2Backend, "notify_terminate_instances", _leave_terminated),
    ),
)

TARGET_GROUP_USE = Correction(
    name="target-group-use",
    moto="LoadBalancerArns of a target group only grows, and not by ModifyRule.",
    aws="LoadBalancerArns are the load balancers whose listeners and rules refer to it now.",
    changes=(ComputedProperty(FakeTargetGroup, "load_balancer_arns", _load_balancer_arns),),
)
