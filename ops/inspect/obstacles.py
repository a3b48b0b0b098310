"""All obstacles to weighted slots on a load balancer, from its inspection."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from ops.inspect.document import AutoScalingGroup, Inspection, TargetGroupReport
from ops.inspect.obstacle import LEAVE_RULE, Fix, Obstacle, Weight
from ops.inspect.pairing import slot_groups_of
from ops.inspect.rule_obstacles import (
    balancer_obstacles,
    candidates,
    hidden_obstacles,
    rule_obstacles,
    subject_of,
)
from ops.words import joined_words
from rollout.command import STICKINESS_OFF, Command, without_stickiness
from rollout.split import Slot
from settings.names import LONGEST_NAME

_BY_CONVENTION = re.compile(r"([a-z0-9]+-){3,}0[12]-tg")


def obstacles(
    inspection: Inspection, chosen: Collection[str] | None = None
) -> tuple[Obstacle, ...]:
    """Every obstacle, rules first.

    `chosen`: the ARNs of the rules that are to become services; with it, only obstacles of these
    rules and of the groups that they forward to are returned.
    """
    found = (
        *rule_obstacles(inspection),
        *hidden_obstacles(inspection),
        *group_obstacles(inspection),
    )
    rules = [rule for _, rule in candidates(inspection) if rule.priority is not None]
    if chosen is None:
        services = len({group.arn for rule in rules for group in rule.groups})
        return (*balancer_obstacles(inspection, services), *found)
    groups = {group.arn for rule in rules if rule.arn in chosen for group in rule.groups}
    wanted = {*chosen, *groups}
    return (
        *balancer_obstacles(inspection, len(chosen)),
        *(each for each in found if wanted & set(each.arns)),
    )


def group_obstacles(inspection: Inspection) -> Iterator[Obstacle]:
    """The obstacles of every target group, group by group."""
    forwarding = {g.arn for _, rule in candidates(inspection) for g in rule.groups}
    for group in inspection.target_groups:
        if group.arn not in forwarding:
            yield _unused(group, inspection)
            continue
        yield from _stickiness(group, inspection)
        yield from _shared(group, inspection)
        yield from _second(group, inspection)
        yield from _names(group)
        yield from _kind(group)
        yield from _instances(group, inspection)


def subject(group: TargetGroupReport) -> str:
    """`target group web-tg`."""
    return f"target group {group.name}"


def _unused(group: TargetGroupReport, inspection: Inspection) -> Obstacle:
    return Obstacle(
        "group-unused",
        Weight.NOTE,
        subject(group),
        "no rule sends requests to it",
        "a load balancer checks no target of such a group, so nothing is known of its health",
        _unused_fix(group, inspection),
        (group.arn,),
    )


def _unused_fix(group: TargetGroupReport, inspection: Inspection) -> Fix:
    """Offers to delete only a group without targets, load balancer and Auto Scaling group."""
    take = "leave it, or let `failover adopt` make it slot 02 of a service, by --second-group"
    is_bare = (
        not group.balancer_arns
        and group.details is not None
        and not group.details.targets
        and not inspection.auto_scaling_groups_of(group.arn)
    )
    if not is_bare:
        return Fix(take)
    delete = Command.of_aws(
        "elbv2",
        "delete-target-group",
        {"target-group-arn": group.arn},
        region=inspection.region,
        profile=inspection.profile,
    )
    return Fix(f"{take}; if it is not needed, delete it: it has no targets", delete)


def _stickiness(group: TargetGroupReport, inspection: Inspection) -> Iterator[Obstacle]:
    if group.details is None or not group.details.has_stickiness:
        return
    turn_off = without_stickiness(group.arn, region=inspection.region, profile=inspection.profile)
    yield Obstacle(
        "group-stickiness",
        Weight.STOPS,
        subject(group),
        "stickiness is on",
        "a client that sticks to a target stays on a slot of weight 0",
        Fix(f"turn it off: {STICKINESS_OFF}", turn_off),
        (group.arn,),
    )


def _shared(group: TargetGroupReport, inspection: Inspection) -> Iterator[Obstacle]:
    users = inspection.forwards_to(group.arn)
    if len(users) > 1:
        names = joined_words([subject_of(*user) for user in users])
        yield Obstacle(
            "group-shared",
            Weight.STOPS,
            subject(group),
            f"{len(users)} rules forward to it: {names}",
            "weights belong to one rule: the others would keep sending everything to this group",
            Fix(
                "leave these rules as they are; or first give each a target group of its own with "
                "the same instances, or bring them together in one rule"
            ),
            (group.arn, *(rule.arn for _, rule in users)),
        )


def _second(group: TargetGroupReport, inspection: Inspection) -> Iterator[Obstacle]:
    alone = [rule for _, rule in inspection.forwards_to(group.arn) if len(rule.groups) == 1]
    if not alone:
        return
    found = slot_groups_of(inspection, alone[0])
    if found.first is not None and found.second is not None:
        yield Obstacle(
            "group-with-second",
            Weight.NOTE,
            subject(group),
            f"its rule forwards to it alone; {found.reason}",
            f"weights need two groups, slot {Slot.FIRST} and slot {Slot.SECOND}",
            Fix(
                f"`failover adopt` suggests {found.first.name} as slot {Slot.FIRST} and "
                f"{found.second.name} as slot {Slot.SECOND}; --service SERVICE=NAME and "
                "--second-group SERVICE=NAME name others"
            ),
            (group.arn,),
        )
        return
    yield Obstacle(
        "group-without-second",
        Weight.NOTE,
        subject(group),
        "there is no second group beside it",
        f"weights need two groups, slot {Slot.FIRST} and slot {Slot.SECOND}",
        Fix(
            f"`failover adopt` makes slot {Slot.SECOND} with instances of its own, or takes "
            "an existing group: --second-group SERVICE=NAME"
        ),
        (group.arn,),
    )


def _names(group: TargetGroupReport) -> Iterator[Obstacle]:
    if _BY_CONVENTION.fullmatch(group.name):
        return
    yield Obstacle(
        "group-name",
        Weight.NOTE,
        subject(group),
        "its name is not {org}-{region}-{environment}-{service}-{slot}-tg",
        "a target group cannot be renamed, and what is found by its name would miss it",
        Fix("leave it: `failover adopt` names it in the stack config as it is"),
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
            Fix(
                f"give slot {Slot.SECOND} a short one, by --second-name of `failover adopt`: for "
                f"example {second[-LONGEST_NAME:].strip('-')}"
            ),
            (group.arn,),
        )


def second_name(name: str) -> str:
    """What the second group beside `name` would be called: `web-tg`, `web-02-tg`."""
    return f"{name.removesuffix('-tg').removesuffix(f'-{Slot.FIRST}')}-{Slot.SECOND}-tg"


_TARGET_TYPES = ("instance", "ip")


def _kind(group: TargetGroupReport) -> Iterator[Obstacle]:
    """Another kind of group than the stack makes: the second one then has to exist."""
    if group.target_type not in _TARGET_TYPES:
        yield Obstacle(
            "group-type",
            Weight.STOPS,
            subject(group),
            f"its targets are of type {group.target_type}",
            "a slot has instances or IP addresses as its targets; another type is not supported",
            LEAVE_RULE,
            (group.arn,),
        )
        return
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
            Weight.NOTE,
            subject(group),
            joined_words(other),
            "the stack makes only target groups of instances that speak HTTP/1.1 on the port that "
            "is checked",
            Fix(
                f"`failover adopt` takes it where both target groups exist: --second-group "
                f"SERVICE=NAME names the one of slot {Slot.SECOND}"
            ),
            (group.arn,),
        )


def _instances(group: TargetGroupReport, inspection: Inspection) -> Iterator[Obstacle]:
    if group.target_type not in _TARGET_TYPES:
        return
    fleet = inspection.auto_scaling_groups_of(group.arn)
    members = {instance.id for each in fleet for instance in each.instances}
    targets = group.details.targets if group.details else ()
    by_hand = [t.id for t in targets if t.id not in members and t.state != "draining"]
    if len(fleet) > 1:
        yield _several(group, fleet, inspection)
    if fleet and by_hand:
        yield Obstacle(
            "group-instances-by-hand",
            Weight.NOTE,
            subject(group),
            f"{len(by_hand)} of its targets are in no Auto Scaling group: {joined_words(by_hand)}",
            "they take the slot's traffic, but no release reaches them and nothing replaces them",
            Fix(
                "leave them while the group cannot carry their share; deregister them, which lets "
                "the other targets carry it, before the next release"
            ),
            (group.arn,),
        )
    if not fleet and group.details is not None:
        yield _without_fleet(group, by_hand)


def _several(
    group: TargetGroupReport, fleets: Sequence[AutoScalingGroup], inspection: Inspection
) -> Obstacle:
    return Obstacle(
        "group-several-fleets",
        Weight.STOPS,
        subject(group),
        f"several Auto Scaling groups fill it: {joined_words([each.name for each in fleets])}",
        "a slot has one Auto Scaling group, whose capacity and build are judged before its weight "
        "rises",
        _several_fix(group, fleets, inspection),
        (group.arn,),
    )


def _several_fix(
    group: TargetGroupReport, fleets: Sequence[AutoScalingGroup], inspection: Inspection
) -> Fix:
    """Those without instances are detached, where one is left that has some."""
    idle = [each for each in fleets if not each.in_service and not each.desired]
    if not idle or len(fleets) - len(idle) != 1:
        return Fix(
            "leave the rule as it is, until one of these Auto Scaling groups alone has instances: "
            "do not name it as a service"
        )
    first, *others = [
        Command.of_aws(
            "autoscaling",
            "detach-traffic-sources",
            {
                "auto-scaling-group-name": each.name,
                "traffic-sources": [{"Identifier": group.arn, "Type": "elbv2"}],
            },
            region=inspection.region,
            profile=inspection.profile,
        )
        for each in idle
    ]
    names = joined_words([each.name for each in idle])
    return Fix(
        f"detach {names}, without instances: what it launches later is then no target here",
        first.then(*others),
    )


def _without_fleet(group: TargetGroupReport, by_hand: list[str]) -> Obstacle:
    if not by_hand:
        return Obstacle(
            "group-without-targets",
            Weight.STOPS,
            subject(group),
            "no Auto Scaling group fills it, and it has no target",
            "its rule sends requests to it, and all of them fail",
            Fix("register targets that serve, or leave the rule as it is"),
            (group.arn,),
        )
    return Obstacle(
        "group-without-fleet",
        Weight.NOTE,
        subject(group),
        f"no Auto Scaling group fills it; it has {joined_words(by_hand)} registered by hand",
        "nothing replaces them, and no release of the stack reaches them",
        Fix(
            "`failover adopt` takes the slot with its registered targets: only the weights are the "
            "stack's"
        ),
        (group.arn,),
    )
