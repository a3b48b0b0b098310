"""Subnet.

Source: hashicorp/aws 6 internal/service/ec2/vpc_subnet.go.
"""

from __future__ import annotations

from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.network import DEPENDENTS_LIMIT_SECONDS
from rehearsal.provider.families.tags import EC2_TAGGING, TAGS, as_map, on_creation
from rehearsal.provider.table import Property, ResourceType, Values
from rehearsal.provider.values import BOOLEAN, STRING, ipv4_network

_NOT_FOUND = "InvalidSubnetID.NotFound"


def _create(call: ProviderCall, inputs: Values) -> str:
    arguments: dict[str, Any] = {"VpcId": inputs["vpcId"], "CidrBlock": inputs["cidrBlock"]}
    if inputs.get("availabilityZone"):
        arguments["AvailabilityZone"] = inputs["availabilityZone"]
    answer = call.aws.ec2.create_subnet(**arguments, **on_creation("subnet", inputs.get("tags")))
    return answer["Subnet"]["SubnetId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _settle(call: ProviderCall, subnet_id: str, inputs: Values) -> None:
    if inputs["mapPublicIpOnLaunch"]:
        _update(call, subnet_id, {}, inputs, frozenset({"mapPublicIpOnLaunch"}))


def _update(
    call: ProviderCall, subnet_id: str, _old: Values, new: Values, _changed: frozenset[str]
) -> None:
    call.aws.ec2.modify_subnet_attribute(
        SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": new["mapPublicIpOnLaunch"]}
    )


def read_subnet(call: ProviderCall, subnet_id: str) -> Values | None:
    """What AWS tells of a subnet."""
    found = unless_gone(lambda: call.aws.ec2.describe_subnets(SubnetIds=[subnet_id]), _NOT_FOUND)
    if not found or not found["Subnets"]:
        return None
    subnet: Any = found["Subnets"][0]
    owner = subnet.get("OwnerId") or call.aws.account_id
    return {
        "arn": subnet.get("SubnetArn")
        or f"arn:aws:ec2:{call.aws.region}:{owner}:subnet/{subnet_id}",
        "vpcId": subnet["VpcId"],
        "cidrBlock": subnet["CidrBlock"],
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet.get("AvailabilityZoneId"),
        "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
        "ownerId": owner,
        "tags": as_map(subnet.get("Tags")),
    }


def _delete(call: ProviderCall, subnet_id: str, _state: Values) -> None:
    def delete() -> None:
        unless_gone(lambda: call.aws.ec2.delete_subnet(SubnetId=subnet_id), _NOT_FOUND)

    call.retried(delete, "DependencyViolation", limit_seconds=DEPENDENTS_LIMIT_SECONDS)


SUBNET = ResourceType(
    token="aws:ec2/subnet:Subnet",
    properties={
        "vpcId": Property(STRING, required=True, replaces=True),
        "cidrBlock": Property(STRING, required=True, replaces=True, valid=ipv4_network),
        "availabilityZone": Property(STRING, computed=True, replaces=True),
        "mapPublicIpOnLaunch": Property(BOOLEAN, default=False),
        "tags": TAGS,
    },
    outputs=("arn", "availabilityZoneId", "ownerId"),
    create=_create,
    read=read_subnet,
    update=_update,
    delete=_delete,
    settle=_settle,
    tagging=EC2_TAGGING,
)
