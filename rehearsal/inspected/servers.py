"""Makes the servers that are registered by hand in the target groups of an inspected account."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from rehearsal.inspected.document import InspectedServer, InspectedTarget
from rehearsal.inspected.names import SlotNames
from rehearsal.inspected.requests import identity
from rehearsal.inspected.selection import SelectedGroup
from rehearsal.inspected.site import ConstructionSite
from rollout.split import Slot

_TYPE = "m7i.large"
"""Of a server of which only the address is known."""
_OWN = "rehearsal-servers"
"""The name of what no account has: the security group of stand-ins, and the other teams' server."""
_OTHERS = f"{_OWN}-others"


def register_targets(site: ConstructionSite) -> None:
    """Start the servers of all groups, those with a fixed address first, and register them."""
    ours = [(group.slot, t) for group in site.selection.groups if group.slot for t in group.targets]
    for is_fixed in (True, False):
        for slot, target in ours:
            if target.id not in site.made and (_place_of(site, target) is not None) is is_fixed:
                site.made[target.id] = _started(site, slot, target)
    for group in site.selection.groups:
        _register(site, group)


def _register(site: ConstructionSite, selected: SelectedGroup) -> None:
    group = selected.group
    targets = [_registered(site, target) for target in selected.targets]
    if selected.slot is None:
        server = _others(site)
        targets = [{"Id": _address(site, server) if group.target_type == "ip" else server}]
        site.note(f"target group {group.name}: one server stands for all of its targets")
    if targets:
        arn = site.made[group.arn]
        site.client("elbv2").register_targets(TargetGroupArn=arn, Targets=targets)


def _registered(site: ConstructionSite, target: InspectedTarget) -> dict[str, Any]:
    own = site.made[target.id]
    return {"Id": own} if target.port is None else {"Id": own, "Port": target.port}


def _is_instance(target: InspectedTarget) -> bool:
    return target.id.startswith("i-")


def _known(site: ConstructionSite, target: InspectedTarget) -> InspectedServer | None:
    return next((each for each in site.account.servers if each.id == target.id), None)


def _place_of(site: ConstructionSite, target: InspectedTarget) -> tuple[str, str] | None:
    """Subnet and address of a target; `None` where the VPC has no place for it."""
    server = _known(site, target)
    address = server.private_ip if server is not None else target.id
    if address is None or (server is None and _is_instance(target)):
        return None
    place = ipaddress.ip_address(address)
    for subnet in site.account.network.subnets:
        if place in ipaddress.ip_network(subnet.cidr_block):
            return subnet.id, address
    return None


def _started(site: ConstructionSite, slot: SlotNames, target: InspectedTarget) -> str:
    """The id or the address that is registered for a target."""
    place, server = _place_of(site, target), _known(site, target)
    is_second = slot.slot is Slot.SECOND
    image = site.images.usual(is_second=is_second)
    if server is not None:
        image = site.images.local(server.image_id)
    if _is_instance(target):
        site.give(target.id)
    started = _run(
        site,
        image,
        place or (site.account.load_balancer.subnet_ids[0], None),
        server.security_group_ids if server is not None else (_own_group(site),),
        server.instance_type if server is not None else _TYPE,
        identity(slot.service, slot.slot),
    )
    if _is_instance(target):
        if server is None:
            site.note(f"{target.id} no longer exists in the account; a server stands for it")
        return started
    own = _address(site, started)
    if own != target.id:
        site.note(f"target {target.id}: outside of the VPC; {own} stands for it")
    return own


def _others(site: ConstructionSite) -> str:
    """The one server that stands for those of all other teams."""
    if _OTHERS not in site.made:
        place = site.account.load_balancer.subnet_ids[0], None
        image = site.images.usual(is_second=False)
        site.made[_OTHERS] = _run(site, image, place, (_own_group(site),), _TYPE, "")
    return site.made[_OTHERS]


def _own_group(site: ConstructionSite) -> str:
    """A security group that lets the load balancer in, whatever the account has."""
    if _OWN not in site.made:
        ec2 = site.client("ec2")
        made = ec2.create_security_group(
            GroupName=_OWN, Description="Servers of the rehearsal", VpcId=site.vpc_id
        )
        site.made[_OWN] = made["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=made["GroupId"],
            IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        )
    return site.made[_OWN]


def _run(
    site: ConstructionSite,
    image_id: str,
    place: tuple[str, str | None],
    group_ids: Iterable[str],
    instance_type: str,
    user_data: str,
) -> str:
    subnet_id, address = place
    started = site.client("ec2").run_instances(
        ImageId=image_id,
        InstanceType=instance_type,
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet_id,
        SecurityGroupIds=list(group_ids),
        **({"UserData": user_data} if user_data else {}),
        **({"PrivateIpAddress": address} if address else {}),
    )
    return started["Instances"][0]["InstanceId"]


def _address(site: ConstructionSite, instance_id: str) -> str:
    found = site.client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]
    return found[0]["Instances"][0]["PrivateIpAddress"]
