"""Security group.

Source: hashicorp/aws 6 internal/service/ec2, vpc_security_group.go.
"""

from __future__ import annotations

from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.network import DEPENDENTS_LIMIT_SECONDS
from rehearsal.provider.families.tags import EC2_TAGGING, TAGS, as_map, on_creation
from rehearsal.provider.table import AutoName, Property, ResourceType, Values
from rehearsal.provider.values import (
    STRING,
    every,
    length,
    matching,
)

_NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")


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
