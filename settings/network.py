"""The network: an existing VPC and its subnets, or one of our own."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from settings.declaration import command
from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import Flag, Json, ListOf, RefusedValueError, Text, ValueProblem
from settings.declaration.section import Section
from settings.lookup import LookupFailedError, Lookups, SubnetFacts

_SUBNET = Text("subnet-([0-9a-f]{8}|[0-9a-f]{17})", "a subnet id, such as subnet-0a1b2c3d4e5f60718")
_ZONE = Text(r"[a-z]{2}(-[a-z]+)+-\d+[a-z]", "an Availability Zone, such as us-east-1a")
_OFFERED_SUBNETS: list[Json] = ["SUBNET_ID", "SUBNET_ID_IN_ANOTHER_ZONE"]
_SUBNET_PREFIX_STEP = 4
"""A network is cut into 16 subnets: public from the first on, private from the ninth on."""


@dataclass(frozen=True, slots=True)
class Cidr:
    """An IPv4 block that a VPC can have: /16 to /24, so that a sixteenth of it is a subnet still.

    Source: VPC user guide, "VPC CIDR blocks" (/16 to /28, of VPC and of subnet).
    """

    name: str = "CIDR block"
    expected: str = "an IPv4 block from /16 to /24 in its canonical form, such as 10.20.0.0/16"

    def read(self, value: Json) -> str:
        """The block as text, unchanged."""
        try:
            block = ipaddress.IPv4Network(value if isinstance(value, str) else "")
        except ValueError as error:
            raise RefusedValueError(ValueProblem(value, self.expected)) from error
        if not 16 <= block.prefixlen <= 24 or str(block) != value:
            raise RefusedValueError(ValueProblem(value, self.expected))
        return str(block)


CREATE = Key("create", Flag(), "Make a VPC with public and private subnets.", True)
CIDR = Key("cidr", Cidr(), "With `create`: the block of the VPC.", "10.20.0.0/16")
ZONES = Key(
    "availabilityZones",
    ListOf(_ZONE, 2, 4),
    "With `create`: where the subnets lie; an ALB needs two.",
    ("us-east-1a", "us-east-1b"),
)
VPC_ID = Key(
    "vpcId",
    Text("vpc-([0-9a-f]{8}|[0-9a-f]{17})", "a VPC id, such as vpc-0a1b2c3d4e5f60718"),
    "An existing VPC.",
    "vpc-0a1b2c3d4e5f60718",
    offer="VPC_ID",
)
ALB_SUBNET_IDS = Key(
    "albSubnetIds",
    ListOf(_SUBNET, 2, 8),
    "With `vpcId`: the public subnets of the load balancer, in at least two Availability Zones.",
    ("subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"),
    offer=_OFFERED_SUBNETS,
)
INSTANCE_SUBNET_IDS = Key(
    "instanceSubnetIds",
    ListOf(_SUBNET, 2, 8),
    "With `vpcId`: the subnets of the instances, in at least two Availability Zones.",
    ("subnet-0a1b2c3d4e5f60713", "subnet-0a1b2c3d4e5f60714"),
    offer=_OFFERED_SUBNETS,
)
NETWORK = KeyGroup(
    "network",
    "An existing VPC by id, or one of our own: public subnets with a route to the internet for the "
    "load balancer, and private ones for the instances. There is no NAT gateway, which costs by "
    "the hour: instances come from finished images and reach nothing outside. Where they must, "
    "name a VPC that lets them.",
    (CREATE, CIDR, ZONES, VPC_ID, ALB_SUBNET_IDS, INSTANCE_SUBNET_IDS),
)


@dataclass(frozen=True, slots=True)
class NewNetwork:
    """A VPC to make."""

    cidr: str
    availability_zones: tuple[str, ...]

    def subnet_cidrs(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The blocks of the public and of the private subnets, one each per Availability Zone.

        They start at fixed places, so that one more Availability Zone moves no subnet.
        """
        blocks = ipaddress.IPv4Network(self.cidr).subnets(prefixlen_diff=_SUBNET_PREFIX_STEP)
        cut = [str(block) for block in blocks]
        count = len(self.availability_zones)
        return tuple(cut[:count]), tuple(cut[8 : 8 + count])


@dataclass(frozen=True, slots=True)
class ExistingNetwork:
    """A VPC that is there; `alb_subnet_ids` is empty where the load balancer is there too."""

    vpc_id: str
    alb_subnet_ids: tuple[str, ...]
    instance_subnet_ids: tuple[str, ...]


def read_network(
    section: Section, region: str, *, has_load_balancer: bool
) -> NewNetwork | ExistingNetwork:
    """The network; what each of its two forms lacks, or has of the other, is refused.

    `has_load_balancer`: the config names an existing one, which has its subnets already.
    """
    if section.read(CREATE):
        section.reject_idle("create: true", VPC_ID, ALB_SUBNET_IDS, INSTANCE_SUBNET_IDS)
        return _read_new(section, region)
    section.reject_idle("an existing VPC", CIDR, ZONES)
    section.reject_absent(VPC_ID, INSTANCE_SUBNET_IDS)
    if has_load_balancer:
        section.reject_idle("an existing load balancer", ALB_SUBNET_IDS)
    else:
        section.reject_absent(ALB_SUBNET_IDS)
    return ExistingNetwork(
        vpc_id=section.require(VPC_ID),
        alb_subnet_ids=() if has_load_balancer else section.require(ALB_SUBNET_IDS),
        instance_subnet_ids=section.require(INSTANCE_SUBNET_IDS),
    )


def _read_new(section: Section, region: str) -> NewNetwork:
    section.reject_absent(CIDR, ZONES)
    network = NewNetwork(section.require(CIDR), section.require(ZONES))
    if section.is_sound(ZONES) and region:
        for place, zone in enumerate(network.availability_zones):
            if zone[:-1] != region:
                section.reject_entry(
                    ZONES, place, f"an Availability Zone of aws:region, {region}", region + zone[-1]
                )
    return network


def reject_wrong_subnets(network: ExistingNetwork, section: Section, lookups: Lookups) -> None:
    """Record subnets that are not there, lie in another VPC, or all in one Availability Zone.

    Source: ELBv2 API, CreateLoadBalancer ("You must specify subnets from at least two
    Availability Zones").
    """
    for key in (ALB_SUBNET_IDS, INSTANCE_SUBNET_IDS):
        if not section.is_sound(key, VPC_ID) or not section.has(key):
            continue
        subnet_ids = section.require(key)
        found: list[SubnetFacts] = []
        for place, subnet_id in enumerate(subnet_ids):
            try:
                facts = lookups.subnet(subnet_id)
            except LookupFailedError as error:
                section.reject_entry(key, place, f"a subnet that can be read; {error}")
                continue
            if facts.vpc_id != network.vpc_id:
                section.reject_entry(
                    key, place, f"a subnet of {network.vpc_id}; this one is in {facts.vpc_id}"
                )
            found.append(facts)
        zones = {facts.availability_zone for facts in found}
        if len(found) == len(subnet_ids) and len(zones) < 2:
            path = f"{command.joined(section.path, key.name)}[{len(subnet_ids) - 1}]"
            section.reject(
                key,
                f"subnets in at least two Availability Zones; all of these are in {zones.pop()}",
                command.setting(path, _OFFERED_SUBNETS[-1]),
            )
