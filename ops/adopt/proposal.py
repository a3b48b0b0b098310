"""The stack config that describes existing services, from an inspection and the answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from fleets.registered.kind import REGISTERED
from ops.adopt import login
from ops.adopt.answers import Answers, rule_of
from ops.adopt.conditions import as_config, conditions_of
from ops.adopt.config_merge import Config
from ops.adopt.first_slot import FirstSlot
from ops.adopt.group_settings import (
    fleet_settings,
    is_made_alike,
    policy_types,
    target_group_settings,
)
from ops.adopt.slot_differences import unlike
from ops.errors import InputError
from ops.inspect.document import (
    AutoScalingGroup,
    Inspection,
    ListenerReport,
    RuleReport,
    TargetGroupReport,
)
from rollout.split import TOTAL_WEIGHT, Slot, Split
from settings.capacity import Capacity
from settings.service import HealthCheck

START = Split(TOTAL_WEIGHT, 0)
"""The split of a service whose rule forwards to its first slot alone."""


@dataclass(frozen=True, slots=True)
class Import:
    """A rule that is to come under the stack's care."""

    service: str
    rule_arn: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """The config for the stack file, and the rules to import into the state."""

    config: Config
    imports: tuple[Import, ...]
    listener_arn: str
    unlike: tuple[str, ...]
    """What slot 02 would not have of slot 01, in words."""


@dataclass(frozen=True, slots=True)
class FoundService:
    """A service as it is."""

    name: str
    listener: ListenerReport
    rule: RuleReport
    group: TargetGroupReport
    """The target group of slot 01."""
    fleet: AutoScalingGroup | None
    """What fills slot 01; `None` where its targets are registered by hand."""
    second: TargetGroupReport | None
    second_fleet: AutoScalingGroup | None

    @property
    def is_second_new(self) -> bool:
        """Whether the instances of slot 02 are to be made: as those of slot 01, if it has some."""
        return (
            self.second_fleet is None
            and self.fleet is not None
            and not (self.second is not None and registered_in(self.second))
        )

    @property
    def made_like(self) -> AutoScalingGroup:
        """The group that the instances of slot 02 are made like, where they are to be made."""
        assert self.fleet is not None
        return self.fleet

    @property
    def split(self) -> Split | None:
        """The split of its rule by its slots; `None` where the shares are not whole numbers."""
        shares = {
            each.arn: share for each, share in zip(self.rule.groups, self.rule.split, strict=False)
        }
        second = self.second.arn if self.second is not None else ""
        known = shares.get(self.group.arn, 0), shares.get(second, 0)
        return Split(*known) if sum(known) == TOTAL_WEIGHT else None


def registered_in(group: TargetGroupReport) -> tuple[str, ...]:
    """The targets of a group that are registered and not draining."""
    targets = group.details.targets if group.details is not None else ()
    return tuple(target.id for target in targets if target.state != "draining")


def found_services(inspection: Inspection, answers: Answers) -> list[FoundService]:
    """The services that are named, by name.

    Raises:
        InputError: an answer names what is not there.
    """
    found = [_found(name, inspection, answers) for name in sorted(answers.services)]
    if not found:
        raise InputError("no service to adopt: pass --service NAME=TARGET_GROUP")
    return found


def proposed(
    inspection: Inspection, answers: Answers, first_slots: Mapping[str, FirstSlot]
) -> Proposal:
    """The config of a stack that has these services.

    `first_slots`: what slot 01 is made from, of each service whose slot 02 is to be made.

    Raises:
        InputError: an answer names what is not there, or something is not known.
    """
    found = found_services(inspection, answers)
    listeners = {each.listener.arn for each in found}
    if len(listeners) != 1:
        raise InputError("the services are on different listeners; a stack has the rules of one")
    balancer = inspection.load_balancer
    fleets = [fleet for each in found for fleet in (each.fleet, each.second_fleet) if fleet]
    subnets = dict.fromkeys(subnet for fleet in fleets for subnet in fleet.subnet_ids)
    config: Config = {
        "aws:region": inspection.region,
        "aws:allowedAccountIds": [balancer.arn.split(":")[4]],
        "failover:weights": str(START),
        "failover:org": answers.naming.org,
        "failover:regionCode": answers.naming.region_code,
        "failover:environment": answers.naming.environment,
        "failover:services": {each.name: _service(each, answers) for each in found},
        "failover:images": {
            each.name: {Slot.SECOND.value: image_of_second(each, answers)}
            for each in found
            if each.is_second_new
        },
        "failover:capacity": {
            each.name: _capacity(each, answers, first_slots[each.name], list(subnets))
            for each in found
            if each.is_second_new
        },
        "failover:network": {
            "vpcId": balancer.vpc_id,
            **({"instanceSubnetIds": list(subnets)} if subnets else {}),
        },
        "failover:loadBalancer": {
            "arn": balancer.arn,
            "listenerArn": listeners.pop(),
            "securityGroupId": answers.security_group_id,
        },
        "failover:protection": answers.protection,
    }
    return Proposal(
        config=config,
        imports=tuple(Import(each.name, each.rule.arn) for each in found),
        listener_arn=config["failover:loadBalancer"]["listenerArn"],
        unlike=tuple(
            line
            for each in found
            if each.is_second_new
            for line in unlike(
                each.name,
                each.made_like.template,
                first_slots[each.name],
                image_of_second(each, answers),
                _instance_type(each, answers, first_slots[each.name]),
                has_new_group=each.second is None,
            )
        ),
    )


def _found(service: str, inspection: Inspection, answers: Answers) -> FoundService:
    name = answers.services[service]
    placed = rule_of(inspection, name)
    if placed is None:
        names = sorted(
            {
                inspection.name_of(rule.groups[0].arn)
                for listener in inspection.listeners
                for rule in listener.rules
                if rule.groups and not rule.is_preview
            }
        )
        raise InputError(
            f"--service {service}={name}: not the first target group of exactly one rule; rules "
            f"forward to {', '.join(names) or 'none'}"
        )
    listener, rule = placed
    known = _groups_of(service, name, rule, inspection, answers)
    first, second = known
    fleet, second_fleet = (_fleet(service, each, inspection) for each in known)
    if fleet is None and not registered_in(first) and first.arn in {g.arn for g in rule.groups}:
        raise InputError(f"--service {service}={name}: it has no target that could take requests")
    if second is None and not is_made_alike(first):
        raise InputError(
            f"--service {service}={name}: the stack makes no target group like it (type "
            f"{first.target_type}, {first.protocol} {first.protocol_version}, checked by "
            f"{first.check.protocol} on {first.check.port}) for slot {Slot.SECOND}: create one, "
            f"and pass --second-group {service}=NAME"
        )
    return FoundService(service, listener, rule, first, fleet, second, second_fleet)


def _fleet(
    service: str, group: TargetGroupReport | None, inspection: Inspection
) -> AutoScalingGroup | None:
    """The Auto Scaling group that fills a target group; `None` for none."""
    fleets = inspection.auto_scaling_groups_of(group.arn) if group is not None else ()
    if len(fleets) > 1:
        names = ", ".join(each.name for each in fleets)
        raise InputError(f"{service}: several Auto Scaling groups fill one target group: {names}")
    return fleets[0] if fleets else None


def _groups_of(
    service: str, name: str, rule: RuleReport, inspection: Inspection, answers: Answers
) -> tuple[TargetGroupReport, TargetGroupReport | None]:
    """The target groups of both slots: those of the rule, and one that is answered beside it."""
    found = [group for each in rule.groups if (group := inspection.target_group(each.arn))]
    own = next((group for group in found if group.name == name), None)
    if own is None:
        own = _named(f"--service {service}={name}", name, inspection)
    others = [group for group in found if group.arn != own.arn]
    if others:
        return own, others[0]
    wanted = answers.second_groups.get(service)
    if wanted is None:
        return own, None
    return own, _named(f"--second-group {service}={wanted}", wanted, inspection)


def _named(flag: str, name: str, inspection: Inspection) -> TargetGroupReport:
    for group in inspection.target_groups:
        if group.name == name:
            return group
    raise InputError(f"{flag}: no target group of this name in {inspection.load_balancer.vpc_id}")


def _service(found: FoundService, answers: Answers) -> Config:
    check, details = found.group.check, found.group.details
    assert details is not None, "the groups of the services are read in full"
    health: Config = {
        "path": check.path,
        "intervalSeconds": check.interval_seconds,
        "timeoutSeconds": check.timeout_seconds,
    }
    for key, value in (
        (HealthCheck.healthy_threshold, check.healthy_threshold),
        (HealthCheck.unhealthy_threshold, check.unhealthy_threshold),
        (HealthCheck.matcher, check.matcher),
    ):
        if value != key.default:
            health[key.name] = value
    service: Config = {
        "hosts": list(found.rule.values_of("host-header")),
        "paths": list(found.rule.values_of("path-pattern")),
        "conditions": as_config(conditions_of(found.rule)),
        "authenticate": login.as_config(found.rule.login) if found.rule.login else None,
        "priority": found.rule.priority,
        "adoptedRule": True,
        "port": found.group.port,
        "healthCheck": health,
        "deregistrationDelaySeconds": details.deregistration_delay_seconds,
        "healthCheckGraceSeconds": found.fleet.grace_seconds if found.fleet else None,
        "instanceProfile": found.fleet.template.instance_profile if found.fleet else None,
        "targetGroup": target_group_settings(found.group) if found.second is None else None,
        "weights": _own_weights(found),
        "slots": _slots(found, answers),
    }
    return {key: value for key, value in service.items() if value not in (None, [], {})}


def _own_weights(found: FoundService) -> str | None:
    """The rule's own split, where it is not the common one of a first slot that has everything."""
    split = found.split
    is_common = len(found.rule.groups) == 1 and split == START
    return None if split is None or is_common else str(split)


def _slots(found: FoundService, answers: Answers) -> Config:
    first = {"targetGroup": {"existing": found.group.name}, **_filled_by(found.fleet)}
    slots: Config = {Slot.FIRST.value: first}
    second: Config = {}
    if found.second is not None:
        second["targetGroup"] = {"existing": found.second.name}
    elif found.name in answers.second_names:
        second["targetGroup"] = {"name": answers.second_names[found.name]}
    if not found.is_second_new:
        second |= _filled_by(found.second_fleet)
    if second:
        slots[Slot.SECOND.value] = second
    return slots


def _filled_by(fleet: AutoScalingGroup | None) -> Config:
    """The existing fleet of a slot."""
    if fleet is None:
        return {REGISTERED.key: True}
    return {AUTO_SCALING_GROUP.key: {"existing": fleet.name}}


def image_of_second(found: FoundService, answers: Answers) -> str:
    """What the new instances of slot 02 boot from.

    Raises:
        InputError: no image is known.
    """
    running = found.made_like.image_ids
    if found.name in answers.images:
        return answers.images[found.name]
    if len(running) == 1:
        return running[0]
    raise InputError(
        f"slot {Slot.SECOND} of {found.name} needs an image, and slot {Slot.FIRST} runs "
        f"{', '.join(running) or 'none that is known'}: pass --image {found.name}=AMI_ID"
    )


def _instance_type(found: FoundService, answers: Answers, first: FirstSlot) -> str:
    """The type that is answered, or that of slot 01's template, or the first of its policy."""
    kind, types = found.made_like.template.instance_type, policy_types(first)
    if types and kind not in types:
        kind = types[0]
    kind = answers.instance_types.get(found.name) or kind
    if kind is None:
        raise InputError(
            f"slot {Slot.SECOND} of {found.name} needs an instance type, and "
            f"{found.made_like.template.kind} {found.made_like.template.name} names none: pass "
            f"--instance-type {found.name}=TYPE"
        )
    return kind


def _capacity(
    found: FoundService, answers: Answers, first: FirstSlot, network: list[str]
) -> Config:
    instance_type = _instance_type(found, answers, first)
    capacity: Config = {
        "instanceType": instance_type,
        "min": found.made_like.min_size,
        "max": max(found.made_like.max_size, 1),
    }
    group = fleet_settings(first, instance_type, found.made_like.subnet_ids, network)
    if group:
        capacity[Capacity.auto_scaling_group.name] = group
    if first.copied is not None:
        source = {"id": first.copied.id, "version": first.copied.number}
        capacity[Slot.SECOND.value] = {"launchTemplate": {"from": source}}
        return capacity
    image_id = image_of_second(found, answers)
    for key, value in (
        (Capacity.root_device_name, first.root_device(image_id)),
        (Capacity.root_volume_gib, first.root_volume_gib(image_id)),
    ):
        if value not in (None, key.default):
            capacity[key.name] = value
    return capacity
