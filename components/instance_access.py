"""The firewall of the instances: only the load balancer reaches them, on the services' ports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.context import Context


class InstanceAccessArgs(TypedDict):
    """The arguments of `InstanceAccess`."""

    context: Context
    """What all resources of the stack have in common."""
    vpc_id: pulumi.Input[str]
    load_balancer_security_group_id: pulumi.Input[str]
    """The security group that requests come from."""
    is_load_balancer_ours: bool
    """Whether the stack also declares the egress of the load balancer's group."""
    ports: Sequence[int]
    """The ports that the services listen on, without duplicates."""


class InstanceAccess(pulumi.ComponentResource):
    """The security group of every slot's instances."""

    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: InstanceAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the group and its rules."""
        super().__init__("failover:index:InstanceAccess", name, None, opts)
        context = args["context"]
        group_name = context.names.of("instance-sg")
        group = aws.ec2.SecurityGroup(
            "instance",
            name=group_name,
            description="Requests from the load balancer to the instances",
            vpc_id=args["vpc_id"],
            tags=context.tags(group_name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.security_group_id = group.id
        for port in args["ports"]:
            self._allow(port, args)
        aws.vpc.SecurityGroupEgressRule(
            "instance-out",
            security_group_id=group.id,
            description="Whatever the instances ask for",
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"securityGroupId": self.security_group_id})

    def _allow(self, port: int, args: InstanceAccessArgs) -> None:
        """Allow requests on one port, at both ends."""
        aws.vpc.SecurityGroupIngressRule(
            f"instance-{port}",
            security_group_id=self.security_group_id,
            description=f"Requests and health checks on {port}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=args["load_balancer_security_group_id"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        if args["is_load_balancer_ours"]:
            aws.vpc.SecurityGroupEgressRule(
                f"alb-{port}",
                security_group_id=args["load_balancer_security_group_id"],
                description=f"Requests and health checks to the instances on {port}",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                referenced_security_group_id=self.security_group_id,
                opts=pulumi.ResourceOptions(parent=self),
            )
