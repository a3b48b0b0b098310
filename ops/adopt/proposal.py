"""The stack config that describes existing services, from an inspection and the answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.adopt.answers import Answers, rule_of
from ops.adopt.config_merge import Config
from ops.adopt.first_slot import FirstSlot
from ops.adopt.slot_differences import unlike
from ops.errors import InputError
from ops.inspect.document import (
    AutoScalingGroup,
    Inspection,
    ListenerReport,
    RuleReport,
    TargetGroupReport,
)
from rollout.split import Slot, Split
from settings.capacity import Capacity
from settings.service import HealthCheck


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
    fleet: AutoScalingGroup
    second: TargetGroupReport | None
    second_fleet: AutoScalingGroup | None

    @property
    def is_second_new(self) -> bool:
        """Whether the instances of slot 02 are to be made."""
        return self.second_fleet is None


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
    subnets = dict.fromkeys(subnet for each in found for subnet in each.fleet.subnet_ids)
    config: Config = {
        "aws:region": inspection.region,
        "aws:allowedAccountIds": [balancer.arn.split(":")[4]],
        "failover:weights": str(Split(100, 0)),
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
            each.name: _capacity(each, answers, first_slots[each.name])
            for each in found
            if each.is_second_new
        },
        "failover:network": {"vpcId": balancer.vpc_id, "instanceSubnetIds": list(subnets)},
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
                each.fleet.template,
                first_slots[each.name],
                image_of_second(each, answers),
                _instance_type(each, answers),
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
    group = inspection.target_group(rule.groups[0].arn)
    fleets = inspection.auto_scaling_groups_of(rule.groups[0].arn)
    if group is None or not fleets:
        raise InputError(f"--service {service}={name}: no Auto Scaling group fills it")
    second = _second(service, rule, inspection, answers)
    fleet_of_second = inspection.auto_scaling_groups_of(second.arn) if second else ()
    second_fleet = fleet_of_second[0] if fleet_of_second else None
    return FoundService(service, listener, rule, group, fleets[0], second, second_fleet)


def _second(
    service: str, rule: RuleReport, inspection: Inspection, answers: Answers
) -> TargetGroupReport | None:
    """The existing group that becomes slot 02: by the rule, or by an answer."""
    if len(rule.groups) > 1:
        return inspection.target_group(rule.groups[1].arn)
    wanted = answers.second_groups.get(service)
    if wanted is None:
        return None
    named = [group for group in inspection.target_groups if group.name == wanted]
    if not named:
        raise InputError(
            f"--second-group {service}={wanted}: no target group of this name in "
            f"{inspection.load_balancer.vpc_id}"
        )
    return named[0]


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
        "priority": found.rule.priority,
        "adoptedRule": True,
        "port": found.group.port,
        "healthCheck": health,
        "deregistrationDelaySeconds": details.deregistration_delay_seconds,
        "healthCheckGraceSeconds": found.fleet.grace_seconds,
        "instanceProfile": found.fleet.template.instance_profile,
        "weights": _own_weights(found.rule),
        "slots": _slots(found, answers),
    }
    return {key: value for key, value in service.items() if value not in (None, [])}


def _own_weights(rule: RuleReport) -> str | None:
    """The rule's own split, where it has two groups already."""
    return str(Split(*rule.split)) if len(rule.groups) == len(Slot) else None


def _slots(found: FoundService, answers: Answers) -> Config:
    slots: Config = {
        Slot.FIRST.value: {
            "targetGroup": {"existing": found.group.name},
            "autoScalingGroup": {"existing": found.fleet.name},
        }
    }
    if found.second is not None:
        slots[Slot.SECOND.value] = {"targetGroup": {"existing": found.second.name}}
        if found.second_fleet is not None:
            fleet = {"existing": found.second_fleet.name}
            slots[Slot.SECOND.value]["autoScalingGroup"] = fleet
    elif found.name in answers.second_names:
        slots[Slot.SECOND.value] = {"targetGroup": {"name": answers.second_names[found.name]}}
    return slots


def image_of_second(found: FoundService, answers: Answers) -> str:
    """What the new instances of slot 02 boot from.

    Raises:
        InputError: no image is known.
    """
    running = found.fleet.image_ids
    if found.name in answers.images:
        return answers.images[found.name]
    if len(running) == 1:
        return running[0]
    raise InputError(
        f"slot {Slot.SECOND} of {found.name} needs an image, and slot {Slot.FIRST} runs "
        f"{', '.join(running) or 'none that is known'}: pass --image {found.name}=AMI_ID"
    )


def _instance_type(found: FoundService, answers: Answers) -> str:
    kind = answers.instance_types.get(found.name) or found.fleet.template.instance_type
    if kind is None:
        raise InputError(
            f"slot {Slot.SECOND} of {found.name} needs an instance type, and "
            f"{found.fleet.template.kind} {found.fleet.template.name} names none: pass "
            f"--instance-type {found.name}=TYPE"
        )
    return kind


def _capacity(found: FoundService, answers: Answers, first: FirstSlot) -> Config:
    capacity: Config = {
        "instanceType": _instance_type(found, answers),
        "min": found.fleet.min_size,
        "max": max(found.fleet.max_size, 1),
    }
    image_id = image_of_second(found, answers)
    for key, value in (
        (Capacity.root_device_name, first.root_device(image_id)),
        (Capacity.root_volume_gib, first.root_volume_gib(image_id)),
    ):
        if value not in (None, key.default):
            capacity[key.name] = value
    return capacity
