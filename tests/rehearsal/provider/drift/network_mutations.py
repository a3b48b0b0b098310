"""Changes to the network and its security groups."""

from __future__ import annotations

from typing import Any

from tests.rehearsal.provider.drift.mutation import (
    REPLACED,
    Fixed,
    Mutation,
    Subject,
    Table,
    Undo,
)


def tag_by_ec2(subject: Subject) -> Undo:
    ec2 = subject.client("ec2")
    tag = {"Key": "Name", "Value": "elsewhere"}
    ec2.create_tags(Resources=[subject.id], Tags=[tag])
    back = {"Key": "Name", "Value": subject.inputs["tags"]["Name"]}
    return lambda: ec2.create_tags(Resources=[subject.id], Tags=[back])


EC2_TAGS = Mutation(tag_by_ec2, shows=frozenset({"tags.Name"}))


def _vpc_attribute(argument: str) -> Mutation:
    def apply(subject: Subject) -> Undo:
        ec2 = subject.client("ec2")
        ec2.modify_vpc_attribute(VpcId=subject.id, **{argument: {"Value": False}})
        on = {argument: {"Value": True}}
        return lambda: ec2.modify_vpc_attribute(VpcId=subject.id, **on)

    return Mutation(apply)


def _detach_gateway(subject: Subject) -> Undo:
    ec2, vpc_id = subject.client("ec2"), subject.inputs["vpcId"]
    ec2.detach_internet_gateway(InternetGatewayId=subject.id, VpcId=vpc_id)
    return lambda: ec2.attach_internet_gateway(InternetGatewayId=subject.id, VpcId=vpc_id)


def _keep_addresses_private(subject: Subject) -> Undo:
    ec2 = subject.client("ec2")
    ec2.modify_subnet_attribute(SubnetId=subject.id, MapPublicIpOnLaunch={"Value": False})
    return lambda: ec2.modify_subnet_attribute(
        SubnetId=subject.id, MapPublicIpOnLaunch={"Value": True}
    )


def _add_route(subject: Subject) -> Undo:
    ec2 = subject.client("ec2")
    route = {"RouteTableId": subject.id, "DestinationCidrBlock": "192.168.0.0/16"}
    ec2.create_route(GatewayId=subject.ids["gateway"], **route)
    return lambda: ec2.delete_route(**route)


def _route_elsewhere(subject: Subject) -> Undo:
    ec2 = subject.client("ec2")
    vpn = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=subject.inputs["vpcId"], VpnGatewayId=vpn)
    route = {"RouteTableId": subject.id, "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.replace_route(GatewayId=vpn, **route)

    def undo() -> None:
        ec2.replace_route(GatewayId=subject.ids["gateway"], **route)
        ec2.detach_vpn_gateway(VpcId=subject.inputs["vpcId"], VpnGatewayId=vpn)
        ec2.delete_vpn_gateway(VpnGatewayId=vpn)

    return undo


def _associate_elsewhere(subject: Subject) -> Undo:
    ec2 = subject.client("ec2")

    def point_to(table_id: str) -> None:
        wanted = [{"Name": "association.subnet-id", "Values": [subject.inputs["subnetId"]]}]
        tables = ec2.describe_route_tables(Filters=wanted)["RouteTables"]
        found = tables[0]["Associations"][0]["RouteTableAssociationId"]
        ec2.replace_route_table_association(AssociationId=found, RouteTableId=table_id)

    point_to(subject.ids["table-1"])
    return lambda: point_to(subject.ids["table-0"])


_RULE = {
    "description": "Description",
    "ipProtocol": "IpProtocol",
    "fromPort": "FromPort",
    "toPort": "ToPort",
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "referencedSecurityGroupId": "ReferencedGroupId",
}


def _rule(leaf: str, value: str | int) -> Mutation:
    def apply(subject: Subject) -> Undo:
        ec2 = subject.client("ec2")
        inputs = subject.inputs
        declared = {aws: inputs[name] for name, aws in _RULE.items() if name in inputs}
        other = subject.ids[value] if isinstance(value, str) and value in subject.ids else value

        def put(rule: dict[str, Any]) -> None:
            ec2.modify_security_group_rules(
                GroupId=subject.inputs["securityGroupId"],
                SecurityGroupRules=[{"SecurityGroupRuleId": subject.id, "SecurityGroupRule": rule}],
            )

        put({**declared, _RULE[leaf]: other})
        return lambda: put(declared)

    return Mutation(apply)


_RULES: Table = {
    "securityGroupId": REPLACED,
    "description": _rule("description", "elsewhere"),
    "ipProtocol": _rule("ipProtocol", "udp"),
    "fromPort": _rule("fromPort", 7999),
    "toPort": _rule("toPort", 8011),
    "cidrIpv4": _rule("cidrIpv4", "10.2.0.0/16"),
    "cidrIpv6": _rule("cidrIpv6", "2001:db9::/32"),
    "referencedSecurityGroupId": _rule("referencedSecurityGroupId", "group-2"),
    "tags": EC2_TAGS,
}

NETWORK: dict[str, Table] = {
    "aws:ec2/vpc:Vpc": {
        "cidrBlock": REPLACED,
        "enableDnsHostnames": _vpc_attribute("EnableDnsHostnames"),
        "enableDnsSupport": _vpc_attribute("EnableDnsSupport"),
        "tags": EC2_TAGS,
    },
    "aws:ec2/internetGateway:InternetGateway": {
        "vpcId": Mutation(_detach_gateway, on="gateway-alone"),
        "tags": EC2_TAGS,
    },
    "aws:ec2/subnet:Subnet": {
        "vpcId": REPLACED,
        "cidrBlock": REPLACED,
        "availabilityZone": REPLACED,
        "mapPublicIpOnLaunch": Mutation(_keep_addresses_private),
        "tags": EC2_TAGS,
    },
    "aws:ec2/routeTable:RouteTable": {
        "vpcId": REPLACED,
        "routes.cidrBlock": Mutation(_add_route, shows=frozenset({"routes"})),
        "routes.gatewayId": Mutation(_route_elsewhere),
        "tags": EC2_TAGS,
    },
    "aws:ec2/routeTableAssociation:RouteTableAssociation": {
        "subnetId": Fixed("an association is of its subnet; another subnet's is another one"),
        "routeTableId": Mutation(_associate_elsewhere),
    },
    "aws:ec2/securityGroup:SecurityGroup": {
        "name": REPLACED,
        "description": REPLACED,
        "vpcId": REPLACED,
        "tags": EC2_TAGS,
    },
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RULES,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RULES,
}
