"""Security groups: nothing but the listeners' ports is open to everyone."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pulumi_policy import ResourceValidationArgs

from .policy import security_policy
from .resource_type import INGRESS_RULE, SECURITY_GROUP, SECURITY_GROUP_RULE
from .value import Properties, has, items, sections, whole_number

_TYPES = (*INGRESS_RULE, *SECURITY_GROUP, *SECURITY_GROUP_RULE)
_ADMIN_PORTS = {22: "SSH", 3389: "RDP"}
_LISTENER_PORTS = (80, 443)
_TCP = ("tcp", "6")

_ALL = ("-1", "all")
_NOT_BY_PORT = ("icmp", "icmpv6", "1", "58")
_ALL_PORTS = (0, 65_535)
_EVERYONE_BITS = {4: 7, 6: 15}
"""Longest prefix that still is everyone: halves of the internet, by two rules, are as open."""


@dataclass(frozen=True, slots=True)
class Ingress:
    """Ports that everyone may reach."""

    path: str
    """Where it stands in the inputs, `ingress[0]`; `the rule` where it is one by itself."""
    source: str
    first_port: int
    last_port: int
    protocol: str

    @property
    def only_port(self) -> int | None:
        """The port, where it is a single one."""
        return self.first_port if self.first_port == self.last_port else None

    @property
    def ports(self) -> str:
        """The ports in words."""
        if (self.first_port, self.last_port) == _ALL_PORTS:
            return "all ports"
        if self.only_port is not None:
            return f"port {self.only_port}"
        return f"ports {self.first_port} to {self.last_port}"

    def has_port(self, port: int) -> bool:
        """Whether everyone may reach that port."""
        return self.first_port <= port <= self.last_port


def _open_admin_ports(args: ResourceValidationArgs) -> Iterator[str]:
    for ingress in _open_to_everyone(args):
        for port, what in _ADMIN_PORTS.items():
            if ingress.has_port(port):
                yield (
                    f"{ingress.path} lets {ingress.source} reach port {port}, "
                    f"{what}; expected no such source: use Session Manager"
                )


def _other_open_ports(args: ResourceValidationArgs) -> Iterator[str]:
    for ingress in _open_to_everyone(args):
        if not _is_listener_port(ingress) and ingress.only_port not in _ADMIN_PORTS:
            yield (
                f"{ingress.path} lets {ingress.source} reach {ingress.ports} by "
                f"{ingress.protocol}; expected TCP port 80 or 443 only"
            )


def _is_listener_port(ingress: Ingress) -> bool:
    return ingress.only_port in _LISTENER_PORTS and ingress.protocol in _TCP


def _open_to_everyone(args: ResourceValidationArgs) -> Iterator[Ingress]:
    """Every port range that a resource opens to everyone; ICMP, which has no ports, left out."""
    for path, properties in _entries(args):
        for source in _sources(properties):
            if _is_everyone(source):
                ingress = _ingress(path, source, properties)
                if ingress is not None:
                    yield ingress


def _entries(args: ResourceValidationArgs) -> Iterator[tuple[str, Properties]]:
    if args.resource_type in INGRESS_RULE:
        yield "the rule", args.props
    elif args.resource_type in SECURITY_GROUP_RULE:
        if args.props.get("type") == "ingress":
            yield "the rule", args.props
    else:
        for index, entry in enumerate(sections(args.props, "ingress")):
            yield f"ingress[{index}]", entry


def _sources(properties: Properties) -> Iterator[Any]:
    for name in ("cidrIpv4", "cidrIpv6"):
        if has(properties, name):
            yield properties[name]
    for name in ("cidrBlocks", "ipv6CidrBlocks"):
        yield from items(properties, name)


def _is_everyone(source: Any) -> bool:
    try:
        network = ipaddress.ip_network(str(source), strict=False)
    except ValueError:
        return False  # AWS takes no such source.
    return network.prefixlen <= _EVERYONE_BITS[network.version]


def _ingress(path: str, source: str, properties: Properties) -> Ingress | None:
    protocol = str(properties.get("ipProtocol", properties.get("protocol", "-1"))).lower()
    if protocol in _NOT_BY_PORT:
        return None
    first = whole_number(properties.get("fromPort"))
    last = whole_number(properties.get("toPort"))
    if protocol in _ALL or first is None or last is None or first < 0:
        first, last = _ALL_PORTS
    return Ingress(path, source, first, last, "any protocol" if protocol in _ALL else protocol)


POLICIES = (
    security_policy(
        "security-group-admin-ports",
        "FSBP EC2.13, EC2.14, CIS 1.2.0/4.1, 4.2",
        "SSH and RDP are closed to the outside.",
        _TYPES,
        _open_admin_ports,
    ),
    security_policy(
        "security-group-open-ports",
        "FSBP EC2.18, EC2.19",
        "Only the ports of the listeners are open to everyone.",
        _TYPES,
        _other_open_ports,
    ),
)
