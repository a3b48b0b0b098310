"""Parts of an inspection as requests that make them again. Pure."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.inspected.document import (
    InspectedAction,
    InspectedCondition,
    InspectedRule,
    InspectedSecurityGroup,
    InspectedTargetGroup,
    InspectedTemplate,
    InspectedVersion,
    Part,
)
from rollout.json_value import is_list, is_map, list_of, map_of
from rollout.split import Slot

Request = Mapping[str, Any]

USER_DATA = "#!/bin/sh\n# Stands for user data, which an inspection leaves out.\n"
"""In the place of user data, of which an inspection only has that it exists."""
_CLIENT_SECRET = "rehearsal"
_MASKED = "[secret]"
_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "query-string": "QueryStringConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}
_ACTIONS = {
    "redirect": "RedirectConfig",
    "fixed-response": "FixedResponseConfig",
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
}
UNAVAILABLE: Request = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
"""In the place of a forward to nothing that the local AWS has."""
_EVERYONE = "0.0.0.0/0"


def conditions_of(rule: InspectedRule) -> list[Request] | None:
    """The conditions of CreateRule; `None` where the local AWS cannot have one of them."""
    if any(each.is_pattern or each.field not in _CONFIGS for each in rule.conditions):
        return None
    return [_condition(each, is_preview=rule.is_preview) for each in rule.conditions]


def _condition(condition: InspectedCondition, *, is_preview: bool) -> Request:
    values: Sequence[Any] = condition.values
    if condition.field == "query-string":
        keys = condition.keys or ("",) * len(values)
        values = [_pair(key, value) for key, value in zip(keys, condition.values, strict=False)]
    elif is_preview and condition.header is not None:
        values = [value.replace(_MASKED, "secret") for value in condition.values]
    config = {"Values": list(values)}
    if condition.header is not None:
        config = {"HttpHeaderName": condition.header, **config}
    return {"Field": condition.field, _CONFIGS[condition.field]: config}


def _pair(key: str, value: str) -> Request:
    return {"Key": key, "Value": value.removeprefix(f"{key}=")} if key else {"Value": value}


def actions_of(actions: Sequence[InspectedAction], known: Mapping[str, str]) -> list[Request]:
    """The actions of a rule or a listener.

    Args:
        actions: In the order in which they are done.
        known: The ARN in the local AWS of each target group that it has.
    """
    made = [_action(each, known) for each in actions]
    if len(made) == 1:
        return made
    return [{**each, "Order": order} for order, each in enumerate(made, 1)]


def _action(action: InspectedAction, known: Mapping[str, str]) -> Request:
    if action.kind == "forward":
        return _forward(action, known)
    name = _ACTIONS.get(action.kind)
    if name is None:
        return UNAVAILABLE
    config = dict(map_of(action.config))
    if action.kind == "authenticate-oidc":
        config["ClientSecret"] = _CLIENT_SECRET
    return {"Type": action.kind, name: config}


def _forward(action: InspectedAction, known: Mapping[str, str]) -> Request:
    groups = [
        {"TargetGroupArn": known[each.arn], "Weight": each.weight}
        for each in action.groups
        if each.arn in known
    ]
    if not groups:
        return UNAVAILABLE
    config: dict[str, Any] = {"TargetGroups": groups}
    if action.stickiness_seconds is not None:
        sticky = {"Enabled": True, "DurationSeconds": action.stickiness_seconds}
        config["TargetGroupStickinessConfig"] = sticky
    return {"Type": "forward", "ForwardConfig": config}


def target_group_of(group: InspectedTargetGroup, vpc_id: str) -> Request:
    """The arguments of CreateTargetGroup."""
    check = group.check
    asked = {
        "Name": group.name,
        "Protocol": group.protocol,
        "ProtocolVersion": group.protocol_version,
        "Port": group.port,
        "VpcId": vpc_id,
        "TargetType": group.target_type,
        "HealthCheckProtocol": check.protocol,
        "HealthCheckPort": check.port,
        "HealthCheckPath": check.path,
        "HealthCheckIntervalSeconds": check.interval_seconds,
        "HealthCheckTimeoutSeconds": check.timeout_seconds,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
    }
    found = {name: value for name, value in asked.items() if value not in (None, "", 0)}
    return {**found, "Matcher": {"HttpCode": check.matcher}} if check.matcher else found


@dataclass(frozen=True, slots=True)
class GroupRules:
    """The rules of a security group that the local AWS can have, and what it leaves out."""

    permissions: list[Request]
    left_out: tuple[str, ...]
    """The other ends of rules: prefix lists, and security groups of other VPCs."""


def group_rules(permissions: Sequence[Part], known: frozenset[str]) -> GroupRules:
    """The rules of one direction. Source: EC2 API, IpPermission.

    Args:
        permissions: As AWS describes them.
        known: The ids of the security groups that are made.
    """
    kept: list[Request] = []
    left_out: list[str] = []
    for each in permissions:
        pairs = [map_of(pair) for pair in list_of(each.get("UserIdGroupPairs"))]
        left_out += [str(p.get("GroupId")) for p in pairs if p.get("GroupId") not in known]
        listed = list_of(each.get("PrefixListIds"))
        left_out += [str(map_of(entry).get("PrefixListId")) for entry in listed]
        ends = {
            "IpRanges": list_of(each.get("IpRanges")),
            "Ipv6Ranges": list_of(each.get("Ipv6Ranges")),
            "UserIdGroupPairs": [
                {"GroupId": p["GroupId"]} for p in pairs if p.get("GroupId") in known
            ],
        }
        ports = {k: each[k] for k in ("IpProtocol", "FromPort", "ToPort") if k in each}
        if any(ends.values()):
            kept.append({**ports, **{name: end for name, end in ends.items() if end}})
    return GroupRules(kept, tuple(dict.fromkeys(left_out)))


def admits_everyone(groups: Sequence[InspectedSecurityGroup], port: int) -> bool:
    """Whether anyone may connect to `port` of what is in these groups."""
    return any(
        _is_on(rule, port)
        and any(map_of(each).get("CidrIp") == _EVERYONE for each in list_of(rule.get("IpRanges")))
        for group in groups
        for rule in group.ingress
    )


def everyone_on(port: int) -> Request:
    """The rule that lets a client of the rehearsal in."""
    ends = [{"CidrIp": _EVERYONE, "Description": "clients of the rehearsal"}]
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ends}


def _is_on(rule: Part, port: int) -> bool:
    if str(rule.get("IpProtocol")) == "-1":
        return True
    first, last = rule.get("FromPort"), rule.get("ToPort")
    return isinstance(first, int) and isinstance(last, int) and first <= port <= last


def versions_of(template: InspectedTemplate) -> Iterator[InspectedVersion]:
    """A version for each number from 1; the next later one stands for a deleted one."""
    by_number = {version.number: version for version in template.versions}
    following = template.versions[-1]
    numbered: list[InspectedVersion] = []
    for number in range(max(by_number), 0, -1):
        following = by_number.get(number, following)
        numbered.append(following)
    yield from reversed(numbered)


def launched(data: Part, image_id: str, user_data: str | None) -> dict[str, Any]:
    """What instances are launched from, with another image and with a stand-in for user data."""
    found = {**data, "ImageId": image_id} if "ImageId" in data else dict(data)
    return found if user_data is None else {**found, "UserData": user_data}


def encoded(text: str) -> str:
    """User data as a launch template has it: in base64."""
    return base64.b64encode(text.encode()).decode()


def pruned(value: Any, shape: Any) -> Any:
    """`value` without what a request of this shape does not take: AWS describes more than it takes.

    Args:
        value: As AWS describes it.
        shape: Of the request, from botocore's model.
    """
    if shape.type_name == "structure" and is_map(value):
        members = shape.members
        return {k: pruned(v, members[k]) for k, v in value.items() if k in members}
    if shape.type_name == "list" and is_list(value):
        return [pruned(each, shape.member) for each in value]
    return value


def identity(service: str, slot: Slot) -> str:
    """User data by which a server of a slot names itself in its answers."""
    return (
        "#cloud-config\nwrite_files:\n  - path: /etc/failover/slot.env\n    content: |\n"
        f"      FAILOVER_SERVICE={service}\n      FAILOVER_SLOT={slot}\n"
    )
