"""The network of the load balancer and the instances."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.context import Context
from settings.network import ExistingNetwork, NewNetwork


class NetworkArgs(TypedDict):
    """The arguments of `Network`."""

    context: Context
    """What all resources of the stack have in common."""
    network: NewNetwork | ExistingNetwork
    """A VPC to create, or an existing one, of which nothing is declared."""


class Network(pulumi.ComponentResource):
    """A VPC with public subnets for the load balancer and private ones for the instances.

    It has no NAT gateway: a gateway costs by the hour, and instances that boot from complete images
    need nothing from outside. Where they do, name an existing VPC that has a gateway.
    """

    vpc_id: pulumi.Output[str]
    alb_subnet_ids: pulumi.Output[list[str]]
    instance_subnet_ids: pulumi.Output[list[str]]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the network, or pass on the existing one."""
        super().__init__("failover:index:Network", name, None, opts)
        self._args = args
        network = args["network"]
        if isinstance(network, NewNetwork):
            self._declare(network)
        else:
            self.vpc_id = pulumi.Output.from_input(network.vpc_id)
            self.alb_subnet_ids = pulumi.Output.from_input(list(network.alb_subnet_ids))
            self.instance_subnet_ids = pulumi.Output.from_input(list(network.instance_subnet_ids))
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "albSubnetIds": self.alb_subnet_ids,
                "instanceSubnetIds": self.instance_subnet_ids,
            }
        )

    def _declare(self, network: NewNetwork) -> None:
        vpc = aws.ec2.Vpc(
            "vpc",
            cidr_block=network.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._tags("vpc"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.vpc_id = vpc.id
        route_table = self._declare_public_routes(vpc)
        public_cidrs, private_cidrs = network.subnet_cidrs()
        public: list[pulumi.Output[str]] = []
        private: list[pulumi.Output[str]] = []
        for zone, public_cidr, private_cidr in zip(
            network.availability_zones, public_cidrs, private_cidrs, strict=True
        ):
            subnet = self._declare_subnet(f"public-{zone}", vpc, zone, public_cidr)
            association = aws.ec2.RouteTableAssociation(
                f"public-{zone}",
                subnet_id=subnet.id,
                route_table_id=route_table.id,
                opts=pulumi.ResourceOptions(parent=self),
            )
            # The id of the association, so that nothing public is created before its route.
            public.append(association.subnet_id.apply(_present))
            private.append(self._declare_subnet(f"private-{zone}", vpc, zone, private_cidr).id)
        self.alb_subnet_ids = pulumi.Output.all(*public)
        self.instance_subnet_ids = pulumi.Output.all(*private)

    def _declare_public_routes(self, vpc: aws.ec2.Vpc) -> aws.ec2.RouteTable:
        gateway = aws.ec2.InternetGateway(
            "internet",
            vpc_id=vpc.id,
            tags=self._tags("igw"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return aws.ec2.RouteTable(
            "public",
            vpc_id=vpc.id,
            routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}],
            tags=self._tags("public"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _declare_subnet(self, name: str, vpc: aws.ec2.Vpc, zone: str, cidr: str) -> aws.ec2.Subnet:
        return aws.ec2.Subnet(
            name,
            vpc_id=vpc.id,
            cidr_block=cidr,
            availability_zone=zone,
            map_public_ip_on_launch=False,
            tags=self._tags(name),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _tags(self, *parts: str) -> dict[str, str]:
        context = self._args["context"]
        return context.tags(context.names.of(*parts))


def _present(subnet_id: str | None) -> str:
    """The subnet's id; only the association of a gateway has none."""
    assert subnet_id is not None
    return subnet_id
