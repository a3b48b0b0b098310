"""Security group and its rules.

Source: hashicorp/aws 6 internal/service/ec2, vpc_security_group.go and
vpc_security_group_ingress_rule.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.network import DEPENDENTS_LIMIT_SECONDS
from rehearsal.provider.families.tags import EC2_TAGGING, TAGS, as_map, on_creation
from rehearsal.provider.table import AutoName, Property, ResourceType, Values
from rehearsal.provider.values import (
    INTEGER,
    STRING,
    between,
    every,
    ipv4_network,
    ipv6_network,
    length,
    matching,
)
from rollout.json_value import map_of

_NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")

_NO_RULE = ("InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound")
ALL_PROTOCOLS = "-1"
_PROTOCOL_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}


def _create_group(call: ProviderCall, inputs: Values) -> str:
    arguments: dict[str, Any] = {
        "GroupName": inputs["name"],
        "Description": inputs["description"],
        **on_creation("security-group", inputs.get("tags")),
    }
    if inputs.get("vpcId"):
        arguments["VpcId"] = inputs["vpcId"]
    return call.aws.ec2.create_security_group(**arguments)["GroupId"]


def _settle_group(call: ProviderCall, group_id: str, _inputs: Values) -> None:
    """Take away the rule that lets everything out, which AWS adds; a program declares its own."""
    found = _describe_group(call, group_id)
    permissions = found.get("IpPermissionsEgress") if found else None
    if permissions:
        call.aws.ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=permissions)


def _describe_group(call: ProviderCall, group_id: str) -> Any:
    found = unless_gone(
        lambda: call.aws.ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"],
        *_NO_GROUP,
    )
    return found[0] if found else None


def _read_group(call: ProviderCall, group_id: str) -> Values | None:
    found = _describe_group(call, group_id)
    if found is None:
        return None
    owner = found.get("OwnerId") or call.aws.account_id
    return {
        "arn": f"arn:aws:ec2:{call.aws.region}:{owner}:security-group/{group_id}",
        "name": found["GroupName"],
        "description": found["Description"],
        "vpcId": found.get("VpcId"),
        "ownerId": owner,
        "tags": as_map(found.get("Tags")),
    }


def _delete_group(call: ProviderCall, group_id: str, _state: Values) -> None:
    def delete() -> None:
        unless_gone(lambda: call.aws.ec2.delete_security_group(GroupId=group_id), *_NO_GROUP)

    call.retried(
        delete, "DependencyViolation", "InvalidGroup.InUse", limit_seconds=DEPENDENTS_LIMIT_SECONDS
    )


SECURITY_GROUP = ResourceType(
    token="aws:ec2/securityGroup:SecurityGroup",
    properties={
        "name": Property(
            STRING,
            replaces=True,
            valid=every(length(1, 255), matching(r"(?!sg-).*", "a name not beginning with sg-")),
        ),
        "description": Property(
            STRING, default="Managed by Pulumi", replaces=True, valid=length(0, 255)
        ),
        "vpcId": Property(STRING, computed=True, replaces=True),
        "tags": TAGS,
    },
    outputs=("arn", "ownerId"),
    create=_create_group,
    read=_read_group,
    delete=_delete_group,
    settle=_settle_group,
    tagging=EC2_TAGGING,
    autoname=AutoName(most=255),
)


def _permission(inputs: Values) -> list[Any]:
    permission: dict[str, Any] = {"IpProtocol": inputs["ipProtocol"]}
    for name, aws in (("fromPort", "FromPort"), ("toPort", "ToPort")):
        if inputs.get(name) is not None:
            permission[aws] = inputs[name]
    text = {"Description": inputs["description"]} if inputs.get("description") else {}
    if inputs.get("cidrIpv4"):
        permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **text}]
    elif inputs.get("cidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": inputs["cidrIpv6"], **text}]
    else:
        group = inputs["referencedSecurityGroupId"]
        permission["UserIdGroupPairs"] = [{"GroupId": group, **text}]
    return [permission]


def _create_rule(call: ProviderCall, inputs: Values, *, is_egress: bool) -> str:
    ec2 = call.aws.ec2
    authorize: Any = (
        ec2.authorize_security_group_egress if is_egress else ec2.authorize_security_group_ingress
    )
    answer = authorize(
        GroupId=inputs["securityGroupId"],
        IpPermissions=_permission(inputs),
        **on_creation("security-group-rule", inputs.get("tags")),
    )
    return answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]


def _update_rule(
    call: ProviderCall, rule_id: str, _old: Values, new: Values, _changed: frozenset[str]
) -> None:
    rule: Any = {
        "IpProtocol": new["ipProtocol"],
        "Description": new.get("description") or "",
    }
    for name, aws in (
        ("fromPort", "FromPort"),
        ("toPort", "ToPort"),
        ("cidrIpv4", "CidrIpv4"),
        ("cidrIpv6", "CidrIpv6"),
        ("referencedSecurityGroupId", "ReferencedGroupId"),
    ):
        if new.get(name) is not None:
            rule[aws] = new[name]
    call.aws.ec2.modify_security_group_rules(
        GroupId=new["securityGroupId"],
        SecurityGroupRules=[{"SecurityGroupRuleId": rule_id, "SecurityGroupRule": rule}],
    )


def _describe_rule(call: ProviderCall, rule_id: str, *, is_egress: bool) -> Any:
    found: Any = unless_gone(
        lambda: call.aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id]),
        *_NO_RULE,
    )
    rules: list[Any] = found["SecurityGroupRules"] if found else []
    return next((rule for rule in rules if rule.get("IsEgress", False) == is_egress), None)


def _read_rule(call: ProviderCall, rule_id: str, *, is_egress: bool) -> Values | None:
    rule = _describe_rule(call, rule_id, is_egress=is_egress)
    if rule is None:
        return None
    owner = rule.get("GroupOwnerId") or call.aws.account_id
    is_all = rule["IpProtocol"] == ALL_PROTOCOLS
    return {
        "arn": f"arn:aws:ec2:{call.aws.region}:{owner}:security-group-rule/{rule_id}",
        "securityGroupRuleId": rule_id,
        "securityGroupId": rule["GroupId"],
        "description": rule.get("Description") or None,
        "ipProtocol": rule["IpProtocol"],
        "fromPort": None if is_all else rule.get("FromPort"),
        "toPort": None if is_all else rule.get("ToPort"),
        "cidrIpv4": rule.get("CidrIpv4"),
        "cidrIpv6": rule.get("CidrIpv6"),
        "referencedSecurityGroupId": map_of(rule.get("ReferencedGroupInfo")).get("GroupId"),
        "tags": as_map(rule.get("Tags")),
    }


def _delete_rule(call: ProviderCall, rule_id: str, state: Values, *, is_egress: bool) -> None:
    ec2, rule = call.aws.ec2, _describe_rule(call, rule_id, is_egress=is_egress)
    if rule is None:
        return
    revoke: Any = (
        ec2.revoke_security_group_egress if is_egress else ec2.revoke_security_group_ingress
    )
    group_id = state.get("securityGroupId") or rule["GroupId"]
    unless_gone(lambda: revoke(GroupId=group_id, SecurityGroupRuleIds=[rule_id]), *_NO_RULE)


def _rule_problems(inputs: Values) -> Iterator[tuple[str, str]]:
    sources = ("cidrIpv4", "cidrIpv6", "referencedSecurityGroupId")
    if sum(1 for name in sources if inputs.get(name)) != 1:
        yield "securityGroupId", f"needs exactly one of {', '.join(sources)}"
    if inputs.get("ipProtocol") != ALL_PROTOCOLS and inputs.get("fromPort") is None:
        yield "fromPort", "is needed unless ipProtocol is -1"


def _as_declared(state: Values, inputs: Values) -> Values:
    """AWS returns a protocol by its name; a program may give its number, or ports with `-1`."""
    shown = dict(state)
    declared = inputs.get("ipProtocol")
    if isinstance(declared, str):
        same = _PROTOCOL_NUMBERS.get(declared.lower(), declared.lower())
        if same == state["ipProtocol"]:
            shown["ipProtocol"] = declared
    return shown


def _rule_type(direction: str, *, is_egress: bool) -> ResourceType:
    name = f"SecurityGroup{direction}Rule"
    return ResourceType(
        token=f"aws:vpc/{name[0].lower()}{name[1:]}:{name}",
        properties={
            "securityGroupId": Property(STRING, required=True, replaces=True),
            "description": Property(STRING, valid=length(0, 255)),
            "ipProtocol": Property(STRING, required=True),
            "fromPort": Property(INTEGER, valid=between(-1, 65535)),
            "toPort": Property(INTEGER, valid=between(-1, 65535)),
            "cidrIpv4": Property(STRING, valid=ipv4_network),
            "cidrIpv6": Property(STRING, valid=ipv6_network),
            "referencedSecurityGroupId": Property(STRING),
            "tags": TAGS,
        },
        outputs=("arn", "securityGroupRuleId"),
        create=partial(_create_rule, is_egress=is_egress),
        read=partial(_read_rule, is_egress=is_egress),
        update=_update_rule,
        delete=partial(_delete_rule, is_egress=is_egress),
        tagging=EC2_TAGGING,
        problems=_rule_problems,
        as_declared=_as_declared,
    )


INGRESS_RULE = _rule_type("Ingress", is_egress=False)
EGRESS_RULE = _rule_type("Egress", is_egress=True)
