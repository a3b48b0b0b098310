"""VPC, internet gateway and subnet.

Source: hashicorp/aws 6 internal/service/ec2, vpc_*.go, for defaults and what forces a replacement.
"""

from __future__ import annotations

from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.tags import EC2_TAGGING, TAGS, as_map, on_creation
from rehearsal.provider.table import Property, ResourceType, Values
from rehearsal.provider.values import BOOLEAN, STRING, ipv4_network
from rollout.json_value import list_of

VISIBLE_LIMIT_SECONDS = 60
DEPENDENTS_LIMIT_SECONDS = 20
"""How long a deletion waits for what hangs on the resource to go."""

_IN_USE = "DependencyViolation"

_NO_SUBNET = "InvalidSubnetID.NotFound"


def _arn(call: ProviderCall, owner: str, resource: str) -> str:
    return f"arn:aws:ec2:{call.aws.region}:{owner}:{resource}"


# VPC


def _create_vpc(call: ProviderCall, inputs: Values) -> str:
    answer = call.aws.ec2.create_vpc(
        CidrBlock=inputs["cidrBlock"], **on_creation("vpc", inputs.get("tags"))
    )
    return answer["Vpc"]["VpcId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _settle_vpc(call: ProviderCall, vpc_id: str, inputs: Values) -> None:
    def is_available() -> bool:
        found = _describe_vpc(call, vpc_id)
        return found is not None and found["State"] == "available"

    call.wait_until(is_available, f"{vpc_id} available", limit_seconds=VISIBLE_LIMIT_SECONDS)
    changed = {"enableDnsSupport", "enableDnsHostnames"} & inputs.keys()
    _update_vpc(call, vpc_id, {"enableDnsSupport": True}, inputs, frozenset(changed))


def _update_vpc(
    call: ProviderCall, vpc_id: str, old: Values, new: Values, changed: frozenset[str]
) -> None:
    # AWS refuses DNS hostnames while DNS support is off, and changes one attribute a call.
    if "enableDnsSupport" in changed and new["enableDnsSupport"] != old.get("enableDnsSupport"):
        support: Any = {"Value": bool(new["enableDnsSupport"])}
        call.aws.ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport=support)
    if "enableDnsHostnames" in changed:
        hostnames: Any = {"Value": bool(new.get("enableDnsHostnames", False))}
        call.aws.ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames=hostnames)


def _describe_vpc(call: ProviderCall, vpc_id: str) -> Any:
    found = unless_gone(
        lambda: call.aws.ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"], "InvalidVpcID.NotFound"
    )
    return found[0] if found else None


def read_vpc(call: ProviderCall, vpc_id: str) -> Values | None:
    """The state in AWS of a VPC and of the defaults that it made with it."""
    found = _describe_vpc(call, vpc_id)
    if found is None:
        return None
    ec2 = call.aws.ec2
    of_vpc: list[Any] = [{"Name": "vpc-id", "Values": [vpc_id]}]
    main = ec2.describe_route_tables(
        Filters=[*of_vpc, {"Name": "association.main", "Values": ["true"]}]
    )["RouteTables"]
    groups = ec2.describe_security_groups(
        Filters=[*of_vpc, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    acls = ec2.describe_network_acls(Filters=[*of_vpc, {"Name": "default", "Values": ["true"]}])
    hostnames = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsHostnames")
    support = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsSupport")
    route_table_id = main[0].get("RouteTableId") if main else None
    return {
        "arn": _arn(call, found["OwnerId"], f"vpc/{vpc_id}"),
        "cidrBlock": found["CidrBlock"],
        "enableDnsHostnames": hostnames["EnableDnsHostnames"].get("Value"),
        "enableDnsSupport": support["EnableDnsSupport"].get("Value"),
        "instanceTenancy": found.get("InstanceTenancy", "default"),
        "dhcpOptionsId": found.get("DhcpOptionsId"),
        "mainRouteTableId": route_table_id,
        "defaultRouteTableId": route_table_id,
        "defaultSecurityGroupId": groups[0].get("GroupId") if groups else None,
        "defaultNetworkAclId": next((a.get("NetworkAclId") for a in acls["NetworkAcls"]), None),
        "ownerId": found["OwnerId"],
        "tags": as_map(found.get("Tags")),
    }


def _delete_vpc(call: ProviderCall, vpc_id: str, _state: Values) -> None:
    def delete() -> None:
        unless_gone(lambda: call.aws.ec2.delete_vpc(VpcId=vpc_id), "InvalidVpcID.NotFound")

    call.retried(delete, _IN_USE, limit_seconds=DEPENDENTS_LIMIT_SECONDS)


VPC = ResourceType(
    token="aws:ec2/vpc:Vpc",
    properties={
        "cidrBlock": Property(STRING, required=True, replaces=True, valid=ipv4_network),
        "enableDnsHostnames": Property(BOOLEAN, computed=True),
        "enableDnsSupport": Property(BOOLEAN, default=True),
        "tags": TAGS,
    },
    outputs=(
        "arn",
        "defaultNetworkAclId",
        "defaultRouteTableId",
        "defaultSecurityGroupId",
        "dhcpOptionsId",
        "instanceTenancy",
        "mainRouteTableId",
        "ownerId",
    ),
    create=_create_vpc,
    read=read_vpc,
    update=_update_vpc,
    delete=_delete_vpc,
    settle=_settle_vpc,
    tagging=EC2_TAGGING,
)


# Internet gateway


def _create_gateway(call: ProviderCall, inputs: Values) -> str:
    answer = call.aws.ec2.create_internet_gateway(
        **on_creation("internet-gateway", inputs.get("tags"))
    )
    return answer["InternetGateway"]["InternetGatewayId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _settle_gateway(call: ProviderCall, gateway_id: str, inputs: Values) -> None:
    if inputs.get("vpcId"):
        call.aws.ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=inputs["vpcId"])


def _update_gateway(
    call: ProviderCall, gateway_id: str, old: Values, new: Values, _changed: frozenset[str]
) -> None:
    _detach_gateway(call, gateway_id, old.get("vpcId"))
    _settle_gateway(call, gateway_id, new)


def _detach_gateway(call: ProviderCall, gateway_id: str, vpc_id: str | None) -> None:
    if vpc_id:
        unless_gone(
            lambda: call.aws.ec2.detach_internet_gateway(
                InternetGatewayId=gateway_id, VpcId=vpc_id
            ),
            "Gateway.NotAttached",
            "InvalidInternetGatewayID.NotFound",
        )


def _read_gateway(call: ProviderCall, gateway_id: str) -> Values | None:
    found = unless_gone(
        lambda: call.aws.ec2.describe_internet_gateways(InternetGatewayIds=[gateway_id]),
        "InvalidInternetGatewayID.NotFound",
    )
    if not found or not found["InternetGateways"]:
        return None
    gateway: Any = found["InternetGateways"][0]
    attached = list_of(gateway.get("Attachments"))
    owner = gateway.get("OwnerId") or call.aws.account_id
    return {
        "arn": _arn(call, owner, f"internet-gateway/{gateway_id}"),
        "ownerId": owner,
        "vpcId": attached[0].get("VpcId") if attached else None,
        "tags": as_map(gateway.get("Tags")),
    }


def _delete_gateway(call: ProviderCall, gateway_id: str, _state: Values) -> None:
    found = _read_gateway(call, gateway_id)
    if found is not None:
        _detach_gateway(call, gateway_id, found["vpcId"])
        unless_gone(
            lambda: call.aws.ec2.delete_internet_gateway(InternetGatewayId=gateway_id),
            "InvalidInternetGatewayID.NotFound",
        )


INTERNET_GATEWAY = ResourceType(
    token="aws:ec2/internetGateway:InternetGateway",
    properties={"vpcId": Property(STRING, computed=True), "tags": TAGS},
    outputs=("arn", "ownerId"),
    create=_create_gateway,
    read=_read_gateway,
    update=_update_gateway,
    delete=_delete_gateway,
    settle=_settle_gateway,
    tagging=EC2_TAGGING,
)


def _create_subnet(call: ProviderCall, inputs: Values) -> str:
    arguments: dict[str, Any] = {"VpcId": inputs["vpcId"], "CidrBlock": inputs["cidrBlock"]}
    if inputs.get("availabilityZone"):
        arguments["AvailabilityZone"] = inputs["availabilityZone"]
    answer = call.aws.ec2.create_subnet(**arguments, **on_creation("subnet", inputs.get("tags")))
    return answer["Subnet"]["SubnetId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _settle_subnet(call: ProviderCall, subnet_id: str, inputs: Values) -> None:
    if inputs["mapPublicIpOnLaunch"]:
        _update_subnet(call, subnet_id, {}, inputs, frozenset({"mapPublicIpOnLaunch"}))


def _update_subnet(
    call: ProviderCall, subnet_id: str, _old: Values, new: Values, _changed: frozenset[str]
) -> None:
    call.aws.ec2.modify_subnet_attribute(
        SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": new["mapPublicIpOnLaunch"]}
    )


def read_subnet(call: ProviderCall, subnet_id: str) -> Values | None:
    """The state in AWS of a subnet."""
    found = unless_gone(lambda: call.aws.ec2.describe_subnets(SubnetIds=[subnet_id]), _NO_SUBNET)
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


def _delete_subnet(call: ProviderCall, subnet_id: str, _state: Values) -> None:
    def delete() -> None:
        unless_gone(lambda: call.aws.ec2.delete_subnet(SubnetId=subnet_id), _NO_SUBNET)

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
    create=_create_subnet,
    read=read_subnet,
    update=_update_subnet,
    delete=_delete_subnet,
    settle=_settle_subnet,
    tagging=EC2_TAGGING,
)
