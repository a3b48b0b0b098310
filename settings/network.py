"""The network: an existing VPC and its subnets, or one of our own."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import ClassVar

from settings.declaration import command
from settings.declaration.key import ConfigMap, Key, key, optional, required
from settings.declaration.kind import (
    Flag,
    Json,
    JsonSchema,
    ListOf,
    RefusedValueError,
    Text,
    ValueProblem,
    matching,
)
from settings.declaration.section import Section
from settings.lookup import LookupFailedError, Lookups, SubnetFacts

SUBNET_ID = Text(
    "subnet-([0-9a-f]{8}|[0-9a-f]{17})", "a subnet id, such as subnet-0a1b2c3d4e5f60718"
)
_ZONE = Text(r"[a-z]{2}(-[a-z]+)+-\d+[a-z]", "an Availability Zone, such as us-east-1a")
OFFERED_SUBNETS: list[Json] = ["SUBNET_ID", "SUBNET_ID_IN_ANOTHER_ZONE"]
_SUBNET_PREFIX_STEP = 4
"""A network is cut into 16 subnets: public from the first on, private from the ninth on."""


@dataclass(frozen=True, slots=True)
class Cidr:
    """An IPv4 block that a VPC can have: /16 to /24, so that a sixteenth of it is a subnet still.

    Source: VPC user guide, "VPC CIDR blocks" (/16 to /28, of VPC and of subnet).
    """

    name: str = "CIDR block"
    expected: str = "an IPv4 block from /16 to /24 in its canonical form, such as 10.20.0.0/16"

    @property
    def json_schema(self) -> JsonSchema:
        """The form of a block."""
        return matching(r"\d{1,3}(\.\d{1,3}){3}/(1[6-9]|2[0-4])", self.expected)

    def read(self, value: Json) -> str:
        """The block as text, unchanged."""
        try:
            block = ipaddress.IPv4Network(value if isinstance(value, str) else "")
        except ValueError as error:
            raise RefusedValueError(ValueProblem(value, self.expected)) from error
        if not 16 <= block.prefixlen <= 24 or str(block) != value:
            raise RefusedValueError(ValueProblem(value, self.expected))
        return str(block)


@dataclass(frozen=True, kw_only=True)
class NewNetwork(ConfigMap):
    """A VPC to make."""

    create: ClassVar[Key[bool | None]] = optional(
        True, Flag(), "Create a VPC with public and private subnets."
    )
    cidr: Key[str] = required("10.20.0.0/16", Cidr(), "With `create`: the block of the VPC.")
    availability_zones: Key[tuple[str, ...]] = required(
        ("us-east-1a", "us-east-1b"),
        ListOf(_ZONE, 2, 4),
        "With `create`: the zones of the subnets. An ALB needs two.",
    )

    def subnet_cidrs(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The blocks of the public and of the private subnets, one each per Availability Zone.

        They start at fixed places, so that one more Availability Zone moves no subnet.
        """
        blocks = ipaddress.IPv4Network(self.cidr).subnets(prefixlen_diff=_SUBNET_PREFIX_STEP)
        cut = [str(block) for block in blocks]
        count = len(self.availability_zones)
        return tuple(cut[:count]), tuple(cut[8 : 8 + count])


@dataclass(frozen=True, kw_only=True)
class ExistingNetwork(ConfigMap):
    """An existing VPC."""

    vpc_id: Key[str] = required(
        "vpc-0a1b2c3d4e5f60718",
        Text("vpc-([0-9a-f]{8}|[0-9a-f]{17})", "a VPC id, such as vpc-0a1b2c3d4e5f60718"),
        "An existing VPC.",
        offer="VPC_ID",
    )
    alb_subnet_ids: Key[tuple[str, ...]] = key(
        (),
        ListOf(SUBNET_ID, 2, 8),
        "With `vpcId`: the public subnets of the load balancer, in at least two Availability "
        "Zones.",
        example=("subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"),
        offer=OFFERED_SUBNETS,
    )
    """Empty where the load balancer is there too."""
    instance_subnet_ids: Key[tuple[str, ...]] = key(
        (),
        ListOf(SUBNET_ID, 2, 8),
        "With `vpcId`: the subnets of the instances, in at least two Availability Zones. Needed "
        "where the stack makes instances.",
        example=("subnet-0a1b2c3d4e5f60713", "subnet-0a1b2c3d4e5f60714"),
        offer=OFFERED_SUBNETS,
    )
    """Empty where the stack makes no instances."""


def read_network(
    section: Section, region: str, *, has_load_balancer: bool
) -> NewNetwork | ExistingNetwork:
    """The network; what each of its two forms lacks, or has of the other, is rejected.

    `has_load_balancer`: the config names an existing one, which has its subnets already.
    """
    if section.read(NewNetwork.create):
        section.reject_idle("create: true", *ExistingNetwork.members())
        return _read_new(section, region)
    section.reject_idle("an existing VPC", NewNetwork.cidr, NewNetwork.availability_zones)
    subnets = ExistingNetwork.alb_subnet_ids
    if has_load_balancer:
        section.reject_idle("an existing load balancer", subnets)
        return ExistingNetwork.read(section, alb_subnet_ids=())
    if section.is_sound(subnets) and not section.has(subnets):
        section.reject(subnets, subnets.kind.expected)
    return ExistingNetwork.read(section)


def _read_new(section: Section, region: str) -> NewNetwork:
    network = NewNetwork.read(section)
    zones = NewNetwork.availability_zones
    if section.is_sound(zones) and region:
        for place, zone in enumerate(network.availability_zones):
            if zone[:-1] != region:
                section.reject_entry(
                    zones, place, f"an Availability Zone of aws:region, {region}", region + zone[-1]
                )
    return network


def reject_without_subnets(network: NewNetwork | ExistingNetwork, section: Section) -> None:
    """Record an existing network that names no subnets for the instances that the stack makes."""
    key = ExistingNetwork.instance_subnet_ids
    if isinstance(network, ExistingNetwork) and section.is_sound(key) and not section.has(key):
        section.reject(key, key.kind.expected)


def reject_wrong_subnets(network: ExistingNetwork, section: Section, lookups: Lookups) -> None:
    """Record subnets that are not there, lie in another VPC, or all in one Availability Zone.

    Source: ELBv2 API, CreateLoadBalancer ("You must specify subnets from at least two
    Availability Zones").
    """
    if section.is_sound(ExistingNetwork.vpc_id):
        for each in (ExistingNetwork.alb_subnet_ids, ExistingNetwork.instance_subnet_ids):
            reject_subnets(each, network.vpc_id, section, lookups)


def reject_subnets(
    each: Key[tuple[str, ...]], vpc_id: str, section: Section, lookups: Lookups
) -> None:
    """Record subnets of the key that AWS does not have in the VPC, or has in one zone."""
    if not section.is_sound(each) or not section.has(each):
        return
    subnet_ids = section.read(each)
    found: list[SubnetFacts] = []
    for place, subnet_id in enumerate(subnet_ids):
        try:
            facts = lookups.subnet(subnet_id)
        except LookupFailedError as error:
            section.reject_entry(each, place, f"a subnet that can be read; {error}")
            continue
        if facts.vpc_id != vpc_id:
            section.reject_entry(
                each, place, f"a subnet of {vpc_id}; this one is in {facts.vpc_id}"
            )
        found.append(facts)
    zones = {facts.availability_zone for facts in found}
    if len(found) == len(subnet_ids) and len(zones) < 2:
        path = f"{command.joined(section.path, each.name)}[{len(subnet_ids) - 1}]"
        section.reject(
            each,
            f"subnets in at least two Availability Zones; all of these are in {zones.pop()}",
            command.setting(path, OFFERED_SUBNETS[-1]),
        )
