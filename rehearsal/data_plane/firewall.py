"""Who may reach whom by the security groups: clients a load balancer, and that its targets.

A pure reading of the topology. A client is on loopback, belongs to no group, and stands for one on
the internet: a rule lets it in whose block holds `CLIENT`, as `0.0.0.0/0` does. A client of an
internal load balancer may also lie in one of its subnets.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from rehearsal.control_plane.topology import (
    Forward,
    SecurityGroupRule,
    Topology,
    TopologyInstance,
    TopologyListener,
    TopologyLoadBalancer,
)
from rehearsal.data_plane.routes import CLIENT

_TCP = "tcp"
_ANY_PROTOCOL = "-1"
_INTERNAL = "internal"

Block = ipaddress.IPv4Network | ipaddress.IPv6Network


class Firewall:
    """The security groups of one topology."""

    def __init__(self, topology: Topology) -> None:
        self._rules = {group.group_id: group.rules for group in topology.security_groups}
        self._instances = {i.instance_id: i for i in topology.instances}
        self._by_private_ip = {i.private_ip: i for i in topology.instances if i.private_ip}
        self._balancers = _balancers_by_target_group(topology)

    def lets_clients_in(self, balancer: TopologyLoadBalancer, listener: TopologyListener) -> bool:
        """Whether a client may connect to the listener."""
        subnets = [_block(each) for each in balancer.subnet_cidrs]
        is_internal = balancer.scheme == _INTERNAL
        return any(
            CLIENT in block or (is_internal and any(_meet(block, each) for each in subnets))
            for rule in self._of(balancer.security_group_ids, listener.port, is_egress=False)
            for block in map(_block, rule.cidrs)
        )

    def lets_requests_through(self, target_group_arn: str, target_id: str, port: int) -> bool:
        """Whether a load balancer that forwards to the group may connect to a target on `port`.

        Each node of it connects by itself, so all of its subnets must be let in where a rule names
        addresses. A target that is not an instance has no security group of its own.
        """
        return any(
            self._lets_out(balancer, target_id, port) and self._lets_in(balancer, target_id, port)
            for balancer in self._balancers.get(target_group_arn, ())
        )

    def _lets_out(self, balancer: TopologyLoadBalancer, target_id: str, port: int) -> bool:
        instance = self._instance(target_id)
        address = target_id if instance is None else instance.private_ip
        groups = () if instance is None else instance.security_group_ids
        return any(
            rule.group_id in groups or (address is not None and _any_holds(rule, address))
            for rule in self._of(balancer.security_group_ids, port, is_egress=True)
        )

    def _lets_in(self, balancer: TopologyLoadBalancer, target_id: str, port: int) -> bool:
        instance = self._instance(target_id)
        if instance is None:
            return True
        rules = list(self._of(instance.security_group_ids, port, is_egress=False))
        if any(rule.group_id in balancer.security_group_ids for rule in rules):
            return True
        blocks = [_block(cidr) for rule in rules for cidr in rule.cidrs]
        subnets = [_block(cidr) for cidr in balancer.subnet_cidrs]
        return bool(subnets) and all(any(_within(s, block) for block in blocks) for s in subnets)

    def _instance(self, target_id: str) -> TopologyInstance | None:
        return self._instances.get(target_id) or self._by_private_ip.get(target_id)

    def _of(
        self, group_ids: Iterable[str], port: int, *, is_egress: bool
    ) -> Iterator[SecurityGroupRule]:
        """The rules of these groups on TCP that hold `port`, in one direction."""
        for group_id in group_ids:
            for rule in self._rules.get(group_id, ()):
                if rule.is_egress is is_egress and _is_on(rule, port):
                    yield rule


def _balancers_by_target_group(topology: Topology) -> dict[str, list[TopologyLoadBalancer]]:
    found: dict[str, list[TopologyLoadBalancer]] = {}
    for balancer in topology.load_balancers:
        for listener in balancer.listeners:
            for rule in listener.rules:
                for weighted in (
                    rule.action.target_groups if isinstance(rule.action, Forward) else ()
                ):
                    found.setdefault(weighted.arn, []).append(balancer)
    return found


def _is_on(rule: SecurityGroupRule, port: int) -> bool:
    if rule.protocol == _ANY_PROTOCOL:
        return True
    if rule.protocol != _TCP or rule.from_port is None or rule.to_port is None:
        return False
    return rule.from_port <= port <= rule.to_port


def _block(cidr: str) -> Block:
    return ipaddress.ip_network(cidr, strict=False)


def _any_holds(rule: SecurityGroupRule, address: str) -> bool:
    return any(ipaddress.ip_address(address) in _block(cidr) for cidr in rule.cidrs)


def _meet(one: Block, other: Block) -> bool:
    return one.version == other.version and one.overlaps(other)


def _within(inner: Block, outer: Block) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False
