"""What of an inspected account a stack needs: what it names as existing, and its listeners' rules.

Pure. What the stack makes itself, its rules among them, stays out: its first `pulumi up` makes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.errors import BadInspectionError, NotSupportedError
from rehearsal.inspected.document import (
    InspectedAccount,
    InspectedFleet,
    InspectedListener,
    InspectedRule,
    InspectedSecurityGroup,
    InspectedTarget,
    InspectedTargetGroup,
    InspectedTemplate,
    InspectionCommand,
)
from rehearsal.inspected.names import SlotNames, StackNames
from rollout.json_value import list_of, map_of
from rollout.split import Slot

TEMPLATE, CONFIGURATION = "launch template", "launch configuration"
SOURCES = (TEMPLATE, "mixed instances policy", CONFIGURATION)
"""What an Auto Scaling group can launch from. Source: `live/launch_source.py`."""
TARGET_TYPES = ("instance", "ip")
PROTOCOL_VERSIONS = ("", "HTTP1", "HTTP2")


@dataclass(frozen=True, slots=True)
class SelectedGroup:
    """A target group to make, with what is registered in it by hand."""

    group: InspectedTargetGroup
    slot: SlotNames | None
    """The slot of the stack; `None` for a group of another team."""
    targets: tuple[InspectedTarget, ...]


@dataclass(frozen=True, slots=True)
class SelectedListener:
    """A listener with those of its rules that the stack does not make itself."""

    listener: InspectedListener
    rules: tuple[InspectedRule, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is made in the local AWS."""

    account: InspectedAccount
    groups: tuple[SelectedGroup, ...]
    listeners: tuple[SelectedListener, ...]
    fleets: tuple[InspectedFleet, ...]
    templates: tuple[InspectedTemplate, ...]
    security_groups: tuple[InspectedSecurityGroup, ...]
    unsupported: Mapping[str, str]
    """Why a target group that a rule forwards to is not made, by its ARN."""

    def images_of(self, slot: Slot) -> frozenset[str]:
        """The images that a slot of any service runs by now."""
        found: set[str] = set()
        servers = {server.id: server.image_id for server in self.account.servers}
        for each in self.groups:
            if each.slot is not None and each.slot.slot is slot:
                found |= {servers[t.id] for t in each.targets if t.id in servers}
        named = {
            each.slot.auto_scaling_group: each.slot.slot
            for each in self.groups
            if each.slot is not None
        }
        for fleet in self.fleets:
            if named.get(fleet.name) is slot:
                found |= self._images_of(fleet)
        return frozenset(found)

    def _images_of(self, fleet: InspectedFleet) -> set[str]:
        source = fleet.template
        sources = [
            version.data
            for template in self.templates
            if template.id == source.id
            for version in template.versions
            if version.number == version_number(template, source.version)
        ]
        if source.kind == CONFIGURATION:
            configurations = self.account.launch_configurations
            sources = [each.data for each in configurations if each.name == source.name]
        return {str(data["ImageId"]) for data in sources if "ImageId" in data}


def version_number(template: InspectedTemplate, version: str | None) -> int:
    """The number that a version means: a number, `$Latest` or `$Default`."""
    if version == "$Latest":
        return max(each.number for each in template.versions)
    return int(version) if version and version.isdigit() else template.default_version


def selected(
    names: StackNames, account: InspectedAccount, file: str, again: InspectionCommand
) -> Selection:
    """What of `account` the stack needs.

    Args:
        names: What the stack names.
        account: The account, as it was inspected.
        file: The name of the inspection's file, for messages.
        again: The command that writes the file.

    Raises:
        BadInspectionError: the file is of another region, account or load balancer, or misses what
            the stack names; one message has all of it.
        NotSupportedError: the stack names what the local AWS does not do.
    """
    _check_place(names, account, file, again)
    missing = [*_missing(names, account)]
    if missing:
        lines = "\n".join(f"  {each}" for each in missing)
        raise BadInspectionError(
            f"{file} does not have all that {names.file} names as existing:\n{lines}\n"
            "  expected: an inspection that is newer than the stack file, of all that it names\n"
            f"  fix:      {_with_templates(again, names, account)}"
        )
    unsupported = {
        group.arn: reason
        for group in account.target_groups
        if (reason := _unsupported(group)) is not None
    }
    _refuse_unsupported(names, account, unsupported)
    unsupported |= {
        group.arn: "a group that the stack makes"
        for group in account.target_groups
        if (slot := names.slot_of(group)) is not None and slot.target_group is None
    }
    listeners = tuple(_listener(names, account, each) for each in account.listeners)
    return Selection(
        account=account,
        groups=tuple(_groups(names, account, listeners, unsupported)),
        listeners=listeners,
        fleets=_fleets(names, account),
        templates=_templates(names, account),
        security_groups=_security_groups(names, account),
        unsupported=unsupported,
    )


def _check_place(
    names: StackNames, account: InspectedAccount, file: str, again: InspectionCommand
) -> None:
    own = account.load_balancer.arn
    for what, found, expected in (
        ("region", account.region, names.region),
        ("account", account.account_id, " or ".join(names.account_ids) or account.account_id),
        ("load balancer", own, names.balancer_arn),
    ):
        accepted = names.account_ids or (found,) if what == "account" else (expected,)
        if found not in accepted:
            raise BadInspectionError(
                f"{file} is of another {what} than {names.file}: {found}\n"
                f"  expected: {expected}\n"
                f"  fix:      {again}"
            )


def _missing(names: StackNames, account: InspectedAccount) -> Iterator[str]:
    """What the stack names and the file does not have, a line each."""
    if names.listener_arn not in {each.arn for each in account.listeners}:
        yield f"loadBalancer.listenerArn: {names.listener_arn}"
    if names.security_group_id not in {g.id for g in account.network.security_groups}:
        yield f"loadBalancer.securityGroupId: {names.security_group_id}"
    if names.vpc_id != account.network.vpc_id:
        yield f"network.vpcId: {names.vpc_id}; the load balancer is in {account.network.vpc_id}"
    known = {subnet.id for subnet in account.network.subnets}
    for subnet_id in dict.fromkeys(names.subnet_ids):
        if subnet_id not in known:
            yield f"network: subnet {subnet_id}"
    for group_id in dict.fromkeys(names.security_group_ids):
        if group_id not in {group.id for group in account.network.security_groups}:
            yield f"capacity: security group {group_id}"
    for slot in names.slots:
        yield from _missing_of_slot(slot, account)
    for named in names.templates:
        template = _template(account, named.id_or_name)
        numbers = () if template is None else (each.number for each in template.versions)
        if template is None or named.version not in numbers:
            yield f"{named.key}: version {named.version} of {named.id_or_name}"


def _missing_of_slot(slot: SlotNames, account: InspectedAccount) -> Iterator[str]:
    if slot.target_group is not None:
        group = next((g for g in account.target_groups if slot.has(g)), None)
        if group is None:
            yield f"{slot.key}.targetGroup.existing: {slot.target_group}"
        elif group.details is None:
            yield f"{slot.key}.targetGroup.existing: {slot.target_group}: its targets were not read"
    if slot.auto_scaling_group is not None:
        fleet = _fleet(account, slot.auto_scaling_group)
        if fleet is None:
            yield f"{slot.key}.autoScalingGroup.existing: {slot.auto_scaling_group}"
        else:
            yield from _missing_of_fleet(slot, fleet, account)


def _missing_of_fleet(
    slot: SlotNames, fleet: InspectedFleet, account: InspectedAccount
) -> Iterator[str]:
    source, key = fleet.template, f"{slot.key}.autoScalingGroup.existing: {fleet.name}"
    if source.is_gone or source.kind not in SOURCES:
        yield f"{key}: what it launches from"
    elif source.kind == CONFIGURATION:
        if source.name not in {each.name for each in account.launch_configurations}:
            yield f"{key}: launch configuration {source.name}"
    else:
        template = _template(account, source.id or source.name)
        numbers = [] if template is None else [each.number for each in template.versions]
        if template is None or version_number(template, source.version) not in numbers:
            yield f"{key}: version {source.version} of launch template {source.name}"
    known = {subnet.id for subnet in account.network.subnets}
    for subnet_id in fleet.subnet_ids:
        if subnet_id not in known:
            yield f"{key}: subnet {subnet_id}"


def _with_templates(
    again: InspectionCommand, names: StackNames, account: InspectedAccount
) -> InspectionCommand:
    """The command, with the templates that no group of the load balancer uses."""
    sources = [fleet.template for fleet in account.auto_scaling_groups]
    used = {each.id for each in sources} | {each.name for each in sources}
    named = dict.fromkeys(each.id_or_name for each in names.templates)
    return replace(again, templates=tuple(each for each in named if each not in used))


def _template(account: InspectedAccount, id_or_name: str) -> InspectedTemplate | None:
    found = (t for t in account.launch_templates if id_or_name in (t.id, t.name))
    return next(found, None)


def _fleet(account: InspectedAccount, name: str) -> InspectedFleet | None:
    return next((each for each in account.auto_scaling_groups if each.name == name), None)


def _unsupported(group: InspectedTargetGroup) -> str | None:
    """What it is that the local AWS does not have; `None` where it has all of it."""
    if group.target_type not in TARGET_TYPES:
        return f"targets of type {group.target_type}"
    if group.protocol not in ("HTTP", "HTTPS"):
        return f"protocol {group.protocol}"
    if group.protocol_version not in PROTOCOL_VERSIONS:
        return f"protocol version {group.protocol_version}"
    return None


def _refuse_unsupported(
    names: StackNames, account: InspectedAccount, unsupported: Mapping[str, str]
) -> None:
    found = [
        f"{slot.key}.targetGroup.existing: {group.name} ({unsupported[group.arn]})"
        for group in account.target_groups
        if group.arn in unsupported and (slot := names.slot_of(group)) is not None
    ]
    if found:
        raise NotSupportedError(
            f"{names.file} names what the local AWS does not do: {', '.join(found)}: "
            "not supported by the rehearsal"
        )


def _listener(
    names: StackNames, account: InspectedAccount, listener: InspectedListener
) -> SelectedListener:
    groups = {group.arn: names.slot_of(group) for group in account.target_groups}
    return SelectedListener(
        listener,
        tuple(
            rule
            for rule in listener.rules
            if not (listener.arn == names.listener_arn and _is_of_stack(names, groups, rule))
        ),
    )


def _is_of_stack(
    names: StackNames, groups: Mapping[str, SlotNames | None], rule: InspectedRule
) -> bool:
    """Whether the stack makes the rule: the rule of a service, or the preview rule of a slot."""
    slots = [slot for arn in rule.group_arns if (slot := groups.get(arn)) is not None]
    if rule.is_preview:
        return bool(slots)
    if rule.priority is None:
        return False
    service = names.priorities.get(rule.priority)
    return any(slot.service == service for slot in slots)


def _groups(
    names: StackNames,
    account: InspectedAccount,
    listeners: tuple[SelectedListener, ...],
    unsupported: Mapping[str, str],
) -> Iterator[SelectedGroup]:
    """The groups that the stack names, and those of the rules that are made."""
    used = {arn for each in listeners for rule in each.rules for arn in rule.group_arns}
    for group in account.target_groups:
        slot = names.slot_of(group)
        if slot is not None and slot.target_group is not None:
            yield SelectedGroup(group, slot, _targets(account, slot, group))
        elif group.arn in used and group.arn not in unsupported:
            yield SelectedGroup(group, None, ())


def _targets(
    account: InspectedAccount, slot: SlotNames | None, group: InspectedTargetGroup
) -> tuple[InspectedTarget, ...]:
    """The targets of a slot that are registered by hand, and not by an Auto Scaling group."""
    if slot is None or group.details is None:
        return ()
    fleets = () if slot.is_registered else account.auto_scaling_groups
    launched = {member.id for fleet in fleets for member in fleet.instances}
    return tuple(
        target
        for target in group.details.targets
        if target.state != "draining" and target.id not in launched
    )


def _fleets(names: StackNames, account: InspectedAccount) -> tuple[InspectedFleet, ...]:
    named = {slot.auto_scaling_group for slot in names.slots}
    return tuple(fleet for fleet in account.auto_scaling_groups if fleet.name in named)


def _templates(names: StackNames, account: InspectedAccount) -> tuple[InspectedTemplate, ...]:
    """Those that the stack copies, and those that its existing groups launch from."""
    wanted = {each.id_or_name for each in names.templates}
    wanted |= {str(fleet.template.id) for fleet in _fleets(names, account)}
    return tuple(t for t in account.launch_templates if wanted & {t.id, t.name})


def _security_groups(
    names: StackNames, account: InspectedAccount
) -> tuple[InspectedSecurityGroup, ...]:
    """Those of all that is made, with those that their rules name, and the VPC's default one."""
    known = {group.id: group for group in account.network.security_groups}
    found = {group.id for group in known.values() if group.name == "default"}
    found |= {*account.load_balancer.security_group_ids, *names.security_group_ids}
    found |= {each for server in account.servers for each in server.security_group_ids}
    for template in _templates(names, account):
        found |= {each for version in template.versions for each in _groups_of(version.data)}
    for configuration in account.launch_configurations:
        found |= {str(each) for each in list_of(configuration.data.get("SecurityGroups"))}
    wanted: set[str] = set()
    following = found & set(known)
    while following:
        wanted |= following
        named = {each for group_id in following for each in _referenced(known[group_id])}
        following = (named & set(known)) - wanted
    return tuple(known[each] for each in sorted(wanted))


def _groups_of(data: Mapping[str, Any]) -> Iterator[str]:
    """The security groups that a launch template gives its instances, by id."""
    yield from (str(each) for each in list_of(data.get("SecurityGroupIds")))
    for interface in list_of(data.get("NetworkInterfaces")):
        yield from (str(each) for each in list_of(map_of(interface).get("Groups")))


def _referenced(group: InspectedSecurityGroup) -> Iterator[str]:
    for rule in (*group.ingress, *group.egress):
        for pair in list_of(rule.get("UserIdGroupPairs")):
            yield str(map_of(pair).get("GroupId"))
