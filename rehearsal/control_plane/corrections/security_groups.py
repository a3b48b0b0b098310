"""Security groups and their rules."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    DependencyViolationError,
    EC2ClientError,
    InvalidParameterCombination,
    InvalidPermissionDuplicateError,
    InvalidSecurityGroupNotFoundError,
    InvalidSecurityGroupRuleIdNotFoundError,
    MissingParameter,
)
from moto.ec2.models.security_groups import (
    SecurityGroup,
    SecurityGroupBackend,
    SecurityGroupRule,
)
from moto.ec2.responses.security_groups import SecurityGroups
from moto.elbv2.models import elbv2_backends

from rehearsal.control_plane.correction import ComputedProperty, Correction, Replace
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

_SOURCES = {
    "CidrIpv4": "CidrIp",
    "CidrIpv6": "CidrIpv6",
    "ReferencedGroupId": "GroupId",
    "PrefixListId": "PrefixListId",
}
"""Where a rule's other end is kept, by its name in a request."""


def _description(world: World, self: SecurityGroupRule) -> str | None:
    del world
    return self.ip_range.get("Description") or self.source_group.get("Description")


def _identity(rule: SecurityGroupRule) -> tuple[Any, ...]:
    """What makes two rules the same one: all but description, tags and id."""
    return (
        rule.ip_protocol,
        rule.from_port,
        rule.to_port,
        rule.ip_range.get("CidrIp"),
        rule.ip_range.get("CidrIpv6"),
        rule.source_group.get("GroupId"),
        rule.prefix_list_id,
    )


def _equals(world: World, original: _Original, self: SecurityGroupRule, other: Any) -> bool:
    del world, original
    return isinstance(other, SecurityGroupRule) and _identity(self) == _identity(other)


def _authorize(world: World, original: _Original, self: SecurityGroups) -> ActionResult:
    """The answer has the rules of every permission, not of the last one alone."""
    del world
    before = {rule.id for rule in _all_rules(self.ec2_backend)}
    original(self)
    added = [rule for rule in _all_rules(self.ec2_backend) if rule.id not in before]
    return ActionResult({"Return": True, "SecurityGroupRules": [_shown(rule) for rule in added]})


def _all_rules(ec2: SecurityGroupBackend) -> Iterator[SecurityGroupRule]:
    for groups in ec2.groups.values():
        for group in groups.values():
            yield from group.ingress_rules
            yield from group.egress_rules


def _shown(rule: SecurityGroupRule) -> dict[str, Any]:
    referenced = rule.source_group
    return {
        "SecurityGroupRuleId": rule.id,
        "GroupId": rule.group_id,
        "GroupOwnerId": rule.owner_id,
        "IsEgress": rule.is_egress,
        "IpProtocol": rule.ip_protocol,
        "FromPort": -1 if rule.from_port is None else rule.from_port,
        "ToPort": -1 if rule.to_port is None else rule.to_port,
        "CidrIpv4": rule.cidr_ipv4,
        "CidrIpv6": rule.cidr_ipv6,
        "PrefixListId": rule.prefix_list_id,
        "ReferencedGroupInfo": _referenced(rule, referenced) if referenced else None,
        "Description": rule.description,
        "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in rule.get_tags()] or None,
    }


def _referenced(rule: SecurityGroupRule, referenced: Mapping[str, str]) -> dict[str, str]:
    """AWS names the owner of another account's group, and not of another group of one's own."""
    owner = referenced.get("UserId", rule.owner_id)
    shown = {"GroupId": referenced["GroupId"]}
    return shown if owner == rule.owner_id else {**shown, "UserId": owner}


def _describe_rules(world: World, original: _Original, self: SecurityGroups) -> ActionResult:
    del world, original
    self.error_on_dryrun()
    found = self.ec2_backend.describe_security_group_rules(
        self._get_param("SecurityGroupRuleIds", []), self._filters_from_querystring()
    )
    return ActionResult({"SecurityGroupRules": [_shown(rule) for rule in found]})


def _modify_rules(
    world: World,
    original: _Original,
    self: SecurityGroupBackend,
    group_id: str,
    rules: dict[str, dict[str, Any]],
) -> None:
    """Each rule becomes as requested; a request without a description removes it."""
    del world, original
    group = self.get_security_group_from_id(group_id)
    if group is None:
        raise InvalidSecurityGroupNotFoundError(group_id)
    for rule_id, wanted in rules.items():
        rule = group.get_rule(rule_id)
        if rule is None:
            raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)
        _become(group, rule, wanted)


def _become(group: SecurityGroup, rule: SecurityGroupRule, wanted: dict[str, Any]) -> None:
    given = [name for name in _SOURCES if wanted.get(name) is not None]
    if len(given) > 1:
        raise InvalidParameterCombination(
            "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified"
        )
    if not given:
        raise MissingParameter(
            "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or "
            "referencedGroupId"
        )
    (name,) = given
    was = _kind_of(rule)
    if was != name:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Invalid rule type for security group rule '{rule.id}'. You may not specify {name} "
            f"for an existing {was} rule.",
        )
    changed = _changed(rule, name, wanted)
    siblings = group.egress_rules if rule.is_egress else group.ingress_rules
    if any(other is not rule and _identity(other) == _identity(changed) for other in siblings):
        raise InvalidPermissionDuplicateError
    vars(rule).update(vars(changed))


def _changed(rule: SecurityGroupRule, name: str, wanted: dict[str, Any]) -> SecurityGroupRule:
    """A copy of `rule` as it is wanted; `name` is the kind of its other end."""
    changed = copy.copy(rule)
    changed.ip_range, changed.source_group, changed.prefix_list_id = {}, {}, None
    end = {_SOURCES[name]: wanted[name]}
    if wanted.get("Description"):
        end["Description"] = wanted["Description"]
    if name in ("CidrIpv4", "CidrIpv6"):
        changed.ip_range = end
    elif name == "ReferencedGroupId":
        changed.source_group = {**end, "UserId": rule.owner_id}
    else:
        changed.prefix_list_id = wanted[name]
    protocol = str(wanted.get("IpProtocol", rule.ip_protocol))
    is_all = protocol == "-1"
    changed.ip_protocol = protocol
    changed.from_port = None if is_all else wanted["FromPort"]
    changed.to_port = None if is_all else wanted["ToPort"]
    return changed


def _kind_of(rule: SecurityGroupRule) -> str:
    if rule.cidr_ipv4:
        return "CidrIpv4"
    if rule.cidr_ipv6:
        return "CidrIpv6"
    return "ReferencedGroupId" if rule.source_group else "PrefixListId"


def _create(
    world: World, original: _Original, self: SecurityGroupBackend, *args: Any, **kwargs: Any
) -> SecurityGroup:
    """A VPC's default group lets its own members in."""
    del world
    group: Any = original(self, *args, **kwargs)
    if group.is_default:
        own = {"GroupId": group.id, "UserId": group.owner_id}
        rule = SecurityGroupRule(self, "-1", group.id, None, None, None, own, is_egress=False)
        group.ingress_rules.append(rule)
    return group


def _delete(world: World, original: _Original, self: SecurityGroups) -> ActionResult:
    del world
    ec2, group_id = self.ec2_backend, self._get_param("GroupId")
    group = None if group_id is None else ec2.get_security_group_from_id(group_id)
    if group is not None:
        if group.name == "default":
            raise EC2ClientError(
                "CannotDelete",
                f"the specified group: '{group_id}' name: 'default' cannot be deleted by a user",
            )
        if _is_in_use(ec2, group):
            raise DependencyViolationError(f"resource {group_id} has a dependent object")
    return original(self)


def _is_in_use(ec2: Any, group: SecurityGroup) -> bool:
    """By a rule of another group, a network interface, or a load balancer."""
    referenced = any(
        rule.source_group.get("GroupId") == group.id and rule.group_id != group.id
        for rule in _all_rules(ec2)
    )
    interfaces = any(
        group in interface.group_set and interface.status == "in-use"
        for interface in ec2.enis.values()
    )
    balancers = elbv2_backends[ec2.account_id][ec2.region_name].load_balancers.values()
    return referenced or interfaces or any(group.id in b.security_groups for b in balancers)


SECURITY_GROUPS = Correction(
    name="security-groups",
    moto=(
        "A rule that refers to a group loses its description, in a duplicate the description "
        "counts; only IPv4 rules can be modified; a group in use can be deleted; a default group "
        "lets nothing in."
    ),
    aws=(
        "Every rule has a description, which does not distinguish rules; every rule can be "
        "modified within its kind; a group that a rule, an interface or a load balancer uses "
        "stays; a VPC's default group lets its own members in."
    ),
    changes=(
        Replace(SecurityGroupBackend, "create_security_group", _create),
        ComputedProperty(SecurityGroupRule, "description", _description),
        Replace(SecurityGroupRule, "__eq__", _equals),
        Replace(SecurityGroups, "authorize_security_group_ingress", _authorize),
        Replace(SecurityGroups, "authorize_security_group_egress", _authorize),
        Replace(SecurityGroups, "describe_security_group_rules", _describe_rules),
        Replace(SecurityGroups, "delete_security_group", _delete),
        Replace(SecurityGroupBackend, "modify_security_group_rules", _modify_rules),
    ),
)
