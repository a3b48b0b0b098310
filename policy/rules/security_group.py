"""Security groups: nothing but the listeners' ports is open to everyone."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from .ingress import Ingress, open_to_everyone
from .policy import security_policy
from .resource_type import INGRESS_RULE, SECURITY_GROUP, SECURITY_GROUP_RULE

_TYPES = (*INGRESS_RULE, *SECURITY_GROUP, *SECURITY_GROUP_RULE)
_ADMIN_PORTS = {22: "SSH", 3389: "RDP"}
_LISTENER_PORTS = (80, 443)
_TCP = ("tcp", "6")


def _open_admin_ports(args: ResourceValidationArgs) -> Iterator[str]:
    for ingress in open_to_everyone(args):
        for port, what in _ADMIN_PORTS.items():
            if ingress.has_port(port):
                yield (
                    f"{ingress.path} lets {ingress.source} reach port {port}, "
                    f"{what}; expected no such source: use Session Manager"
                )


def _other_open_ports(args: ResourceValidationArgs) -> Iterator[str]:
    for ingress in open_to_everyone(args):
        if not _is_listener_port(ingress) and ingress.only_port not in _ADMIN_PORTS:
            yield (
                f"{ingress.path} lets {ingress.source} reach {ingress.ports} by "
                f"{ingress.protocol}; expected TCP port 80 or 443 only"
            )


def _is_listener_port(ingress: Ingress) -> bool:
    return ingress.only_port in _LISTENER_PORTS and ingress.protocol in _TCP


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
