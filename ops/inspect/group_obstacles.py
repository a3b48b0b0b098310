"""What stands in the way of making a target group a slot."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ops.inspect.document import Inspection, TargetGroup
from ops.inspect.obstacle import Obstacle, Weight
from ops.inspect.rule_obstacles import candidates, subject_of
from ops.inspect.words import listed
from rollout.split import Slot
from settings.names import LONGEST_NAME

_BY_CONVENTION = re.compile(r"([a-z0-9]+-){3,}0[12]-tg")


def group_obstacles(inspection: Inspection) -> Iterator[Obstacle]:
    """The obstacles of every target group, group by group."""
    forwarding = {g.arn for _, rule in candidates(inspection) for g in rule.groups}
    for group in inspection.target_groups:
        if group.arn not in forwarding:
            yield _unused(group)
            continue
        yield from _stickiness(group)
        yield from _shared(group, inspection)
        yield from _second(group, inspection)
        yield from _names(group)
        yield from _kind(group)
        yield from _instances(group, inspection)


def subject(group: TargetGroup) -> str:
    """`target group web-tg`."""
    return f"target group {group.name}"


def _unused(group: TargetGroup) -> Obstacle:
    return Obstacle(
        "group-unused",
        Weight.NOTE,
        subject(group),
        "no rule forwards to it",
        "a load balancer checks no target of such a group, so nothing is known of its health",
        f"make it a second slot: failover adopt ... --second-group SERVICE={group.name}; or "
        f"remove it: aws elbv2 delete-target-group --target-group-arn {group.arn}",
        (group.arn,),
    )


def _stickiness(group: TargetGroup) -> Iterator[Obstacle]:
    if group.details is not None and group.details.has_stickiness:
        yield Obstacle(
            "group-stickiness",
            Weight.STOPS,
            subject(group),
            "stickiness is on",
            "a client that sticks to a target stays on a slot of weight 0",
            "turn it off, which sends each client's next request anywhere: aws elbv2 "
            f"modify-target-group-attributes --target-group-arn {group.arn} "
            "--attributes Key=stickiness.enabled,Value=false",
            (group.arn,),
        )


def _shared(group: TargetGroup, inspection: Inspection) -> Iterator[Obstacle]:
    users = inspection.forwards_to(group.arn)
    if len(users) > 1:
        yield Obstacle(
            "group-shared",
            Weight.STOPS,
            subject(group),
            f"{len(users)} rules forward to it: {listed([subject_of(*user) for user in users])}",
            "weights belong to one rule: the others would keep sending everything to this group",
            "give each rule a target group of its own with the same instances: aws elbv2 "
            "create-target-group ..., aws autoscaling attach-traffic-sources ..., then aws elbv2 "
            "modify-rule ...; or bring the rules together in one",
            (group.arn, *(rule.arn for _, rule in users)),
        )


def _second(group: TargetGroup, inspection: Inspection) -> Iterator[Obstacle]:
    alone = [rule for _, rule in inspection.forwards_to(group.arn) if len(rule.groups) == 1]
    if alone:
        yield Obstacle(
            "group-without-second",
            Weight.NOTE,
            subject(group),
            "there is no second group beside it",
            f"weights need two groups, slot {Slot.FIRST} and slot {Slot.SECOND}",
            f"failover adopt makes slot {Slot.SECOND} with instances of its own, or takes a group "
            "that is there: --second-group SERVICE=NAME",
            (group.arn,),
        )


def _names(group: TargetGroup) -> Iterator[Obstacle]:
    if _BY_CONVENTION.fullmatch(group.name):
        return
    yield Obstacle(
        "group-name",
        Weight.NOTE,
        subject(group),
        "its name is not {org}-{region}-{environment}-{service}-{slot}-tg",
        "a target group cannot be renamed, and what is found by its name would miss it",
        "failover adopt names it in the stack config as it is",
        (group.arn,),
    )
    second = second_name(group.name)
    if len(second) > LONGEST_NAME:
        yield Obstacle(
            "group-name-too-long",
            Weight.NOTE,
            subject(group),
            f"a second group of that name, {second}, has {len(second)} characters",
            f"AWS takes {LONGEST_NAME} in the name of a target group",
            f"give slot {Slot.SECOND} a short one: failover adopt ... --second-name "
            f"SERVICE={second[-LONGEST_NAME:].strip('-')}",
            (group.arn,),
        )


def second_name(name: str) -> str:
    """What the second group beside `name` would be called: `web-tg`, `web-02-tg`."""
    return f"{name.removesuffix('-tg').removesuffix(f'-{Slot.FIRST}')}-{Slot.SECOND}-tg"


def _kind(group: TargetGroup) -> Iterator[Obstacle]:
    other: list[str] = []
    if group.target_type != "instance":
        other.append(f"its targets are of type {group.target_type}, not instance")
    elif (group.protocol, group.protocol_version) != ("HTTP", "HTTP1"):
        other.append(f"it speaks {group.protocol} {group.protocol_version} to its targets")
    elif (group.check.protocol, group.check.port) != ("HTTP", "traffic-port"):
        port = group.check.port
        other.append(f"its health checks go to {group.check.protocol} port {port}")
    if other:
        yield Obstacle(
            "group-kind",
            Weight.STOPS,
            subject(group),
            listed(other),
            "both slots of a service are instances that speak HTTP/1.1 on the port that is "
            "checked; another kind is not supported",
            "forward to a group of that kind first, or leave the rule as it is",
            (group.arn,),
        )


def _instances(group: TargetGroup, inspection: Inspection) -> Iterator[Obstacle]:
    if group.target_type != "instance":
        return
    fleet = inspection.auto_scaling_groups_of(group.arn)
    members = {instance.id for each in fleet for instance in each.instances}
    targets = group.details.targets if group.details else ()
    by_hand = [t.id for t in targets if t.id not in members and t.state != "draining"]
    if len(fleet) > 1:
        yield _several(group, [each.name for each in fleet])
    if fleet and by_hand:
        yield Obstacle(
            "group-instances-by-hand",
            Weight.NOTE,
            subject(group),
            f"{len(by_hand)} of its targets are in no Auto Scaling group: {listed(by_hand)}",
            "they take the slot's traffic, but no release reaches them and nothing replaces them",
            f"aws autoscaling attach-instances --auto-scaling-group-name {fleet[0].name} "
            f"--instance-ids {' '.join(by_hand)}; or aws elbv2 deregister-targets "
            f"--target-group-arn {group.arn} --targets {' '.join(f'Id={i}' for i in by_hand)}",
            (group.arn,),
        )
    if not fleet:
        yield _without_fleet(group, by_hand)


def _several(group: TargetGroup, names: list[str]) -> Obstacle:
    return Obstacle(
        "group-several-fleets",
        Weight.STOPS,
        subject(group),
        f"several Auto Scaling groups fill it: {listed(names)}",
        "a slot has one Auto Scaling group, whose capacity and build are judged before its weight "
        "rises",
        "move the others to a group of their own: aws autoscaling detach-traffic-sources "
        f"--auto-scaling-group-name {names[-1]} --traffic-sources Identifier={group.arn}",
        (group.arn,),
    )


def _without_fleet(group: TargetGroup, by_hand: list[str]) -> Obstacle:
    held = f"{listed(by_hand)} registered by hand" if by_hand else "no target"
    first = by_hand[0] if by_hand else "INSTANCE_ID"
    return Obstacle(
        "group-without-fleet",
        Weight.STOPS,
        subject(group),
        f"no Auto Scaling group fills it; it has {held}",
        "a slot's instances come from an Auto Scaling group; without one nothing replaces them, "
        "and no release reaches them",
        "make one from an instance that serves, then attach all: aws autoscaling "
        f"create-auto-scaling-group --auto-scaling-group-name NAME --instance-id {first} "
        f"--min-size 0 --max-size {max(1, len(by_hand))} --desired-capacity 0 "
        f"--target-group-arns {group.arn} && aws autoscaling attach-instances "
        f"--auto-scaling-group-name NAME --instance-ids {' '.join(by_hand) or 'INSTANCE_ID'}",
        (group.arn,),
    )
