"""VPCs, subnets and gateways: what holds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models.internet_gateways import InternetGatewayBackend
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.elbv2.models import elbv2_backends

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]


def _balancers(ec2: Any) -> list[Any]:
    return list(elbv2_backends[ec2.account_id][ec2.region_name].load_balancers.values())


def _delete_subnet(world: World, original: _Original, self: SubnetBackend, subnet_id: str) -> Any:
    del world
    ec2: Any = self
    used = any(
        interface.subnet.id == subnet_id and interface.status == "in-use"
        for interface in ec2.enis.values()
    ) or any(subnet.id == subnet_id for b in _balancers(ec2) for subnet in b.subnets)
    if used:
        raise DependencyViolationError(
            f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
        )
    return original(self, subnet_id)


def _delete_vpc(world: World, original: _Original, self: VPCBackend, vpc_id: str) -> Any:
    del world
    ec2: Any = self
    gateways = [g for g in ec2.internet_gateways.values() if g.vpc and g.vpc.id == vpc_id]
    groups = [g for g in ec2.groups.get(vpc_id, {}).values() if g.name != "default"]
    if gateways or groups:
        raise DependencyViolationError(
            f"The vpc '{vpc_id}' has dependencies and cannot be deleted."
        )
    return original(self, vpc_id)


def _detach_gateway(
    world: World, original: _Original, self: InternetGatewayBackend, gateway_id: str, vpc_id: str
) -> None:
    del world
    ec2: Any = self
    if any(b.vpc_id == vpc_id and b.scheme == "internet-facing" for b in _balancers(ec2)):
        raise DependencyViolationError(
            f"Network {vpc_id} has some mapped public address(es). Please unmap those public "
            "address(es) before detaching the gateway."
        )
    original(self, gateway_id, vpc_id)


NETWORK = Correction(
    name="network-dependencies",
    moto="A subnet with instances, a VPC with security groups or a gateway can be deleted.",
    aws="What something else lives in can be neither deleted nor detached.",
    changes=(
        Replace(SubnetBackend, "delete_subnet", _delete_subnet),
        Replace(VPCBackend, "delete_vpc", _delete_vpc),
        Replace(InternetGatewayBackend, "detach_internet_gateway", _detach_gateway),
    ),
)
