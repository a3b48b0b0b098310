"""Makes the network of an inspected account: the VPC, its subnets and its security groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rehearsal.account import connect_to_the_internet
from rehearsal.inspected.document import InspectedSecurityGroup, Part
from rehearsal.inspected.requests import admits_everyone, everyone_on, group_rules
from rehearsal.inspected.site import ConstructionSite

_DEFAULT = "default"
"""The group that each VPC has from the start."""


def make_network(site: ConstructionSite) -> None:
    """Make the VPC, with a gateway to the internet for the load balancer's subnets."""
    ec2, network = site.client("ec2"), site.account.network
    default = [group.id for group in site.selection.security_groups if group.name == _DEFAULT]
    site.give(network.vpc_id, *default)
    first, *more = network.cidr_blocks
    ec2.create_vpc(CidrBlock=first)
    for block in more:
        ec2.associate_vpc_cidr_block(VpcId=network.vpc_id, CidrBlock=block)
    for subnet in network.subnets:
        site.give(subnet.id)
        ec2.create_subnet(
            VpcId=network.vpc_id, CidrBlock=subnet.cidr_block, AvailabilityZone=subnet.zone
        )
    public = list(site.account.load_balancer.subnet_ids)
    connect_to_the_internet(ec2, network.vpc_id, public)


def make_security_groups(site: ConstructionSite) -> None:
    """Make the groups, then their rules, which name groups."""
    ec2, groups = site.client("ec2"), site.selection.security_groups
    for group in groups:
        if group.name != _DEFAULT:
            site.give(group.id)
            ec2.create_security_group(
                GroupName=group.name,
                Description=group.description or group.name,
                VpcId=site.vpc_id,
            )
    known = frozenset(group.id for group in groups)
    for group in groups:
        _make_rules(site, ec2, group, known)
    _admit_clients(site, ec2)


def _make_rules(
    site: ConstructionSite, ec2: Any, group: InspectedSecurityGroup, known: frozenset[str]
) -> None:
    made = ec2.describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
    old = made["IpPermissions"]
    if old:
        ec2.revoke_security_group_ingress(GroupId=group.id, IpPermissions=old)
    old = made["IpPermissionsEgress"]
    if old:
        ec2.revoke_security_group_egress(GroupId=group.id, IpPermissions=old)
    for permissions, authorize in (
        (group.ingress, ec2.authorize_security_group_ingress),
        (group.egress, ec2.authorize_security_group_egress),
    ):
        _authorize(site, group, permissions, known, authorize)


def _authorize(
    site: ConstructionSite,
    group: InspectedSecurityGroup,
    permissions: Sequence[Part],
    known: frozenset[str],
    authorize: Callable[..., Any],
) -> None:
    rules = group_rules(permissions, known)
    if rules.permissions:
        authorize(GroupId=group.id, IpPermissions=rules.permissions)
    if rules.left_out:
        site.note(f"security group {group.id}: without the rules for {', '.join(rules.left_out)}")


def _admit_clients(site: ConstructionSite, ec2: Any) -> None:
    """Clients on this machine stand for ones on the internet."""
    own = site.account.load_balancer.security_group_ids
    groups = [group for group in site.selection.security_groups if group.id in own]
    for listener in site.account.listeners:
        if groups and not admits_everyone(groups, listener.port):
            ec2.authorize_security_group_ingress(
                GroupId=groups[0].id, IpPermissions=[everyone_on(listener.port)]
            )
            site.note(
                f"security group {groups[0].id}: also admits everyone on port {listener.port}, "
                "so that requests of this machine get through"
            )
