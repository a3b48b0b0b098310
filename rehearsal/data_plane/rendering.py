"""The whole of Envoy's configuration, as a pure function of the topology."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.control_plane.topology import (
    Forward,
    Topology,
    TopologyListener,
    TopologyLoadBalancer,
    TopologyTargetGroup,
)
from rehearsal.data_plane.clusters import AddressOf, IsHealthy, cluster, endpoints
from rehearsal.data_plane.listeners import envoy_listener, idle_timeout_seconds, secret
from rehearsal.data_plane.routes import route_configuration

PortOf = Callable[[TopologyLoadBalancer, TopologyListener], int]
IsOpen = Callable[[TopologyLoadBalancer, TopologyListener], bool]
Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EnvoyConfiguration:
    """Envoy's resources, each kind in the file or the files that Envoy reads it from."""

    listeners: tuple[Resource, ...]
    clusters: tuple[Resource, ...]
    routes: Mapping[str, Resource]
    """By file name; so are those below."""
    endpoints: Mapping[str, Resource]
    secrets: Mapping[str, Resource]


def render(
    topology: Topology,
    folder: Path,
    port_of: PortOf,
    is_open: IsOpen,
    address_of: AddressOf,
    is_healthy: IsHealthy,
) -> EnvoyConfiguration:
    """Everything that Envoy needs to carry the traffic of `topology`.

    Args:
        topology: What the control plane holds.
        folder: Where the files will be; Envoy is given their paths.
        port_of: The loopback port of a listener.
        is_open: Whether clients can reach a listener; no other one is there for them.
        address_of: Where a target is really served.
        is_healthy: Whether a target passes its checks.
    """
    groups = {group.arn: group for group in topology.target_groups}
    certificates = {certificate.arn: certificate for certificate in topology.certificates}
    idle_timeouts = _idle_timeouts(topology)
    listeners: list[Resource] = []
    routes: dict[str, Resource] = {}
    secrets: dict[str, Resource] = {}
    for balancer, listener in each_listener(topology):
        routes_file = f"routes-{_digest(listener.arn)}.json"
        secret_file = f"secret-{_digest(listener.arn)}.json"
        for number, arn in enumerate(listener.certificate_arns):
            secrets[f"{secret_file}{number}"] = secret(arn, certificates[arn])
        routes[routes_file] = route_configuration(listener, idle_timeout_seconds(balancer), groups)
        if is_open(balancer, listener):
            listeners.append(
                envoy_listener(
                    balancer,
                    listener,
                    port_of(balancer, listener),
                    str(folder / routes_file),
                    str(folder / secret_file),
                )
            )
    clusters: list[Resource] = []
    members: dict[str, Resource] = {}
    for group in used_target_groups(topology):
        file = f"endpoints-{_digest(group.arn)}.json"
        members[file] = endpoints(group, address_of, is_healthy)
        clusters.append(cluster(group, str(folder / file), idle_timeouts[group.arn]))
    return EnvoyConfiguration(tuple(listeners), tuple(clusters), routes, members, secrets)


def each_listener(topology: Topology) -> Iterator[tuple[TopologyLoadBalancer, TopologyListener]]:
    """Every listener with its load balancer."""
    for balancer in topology.load_balancers:
        for listener in balancer.listeners:
            yield balancer, listener


def used_target_groups(topology: Topology) -> list[TopologyTargetGroup]:
    """The target groups that some rule refers to, at whatever weight."""
    used = _idle_timeouts(topology)
    return [group for group in topology.target_groups if group.arn in used]


def _idle_timeouts(topology: Topology) -> dict[str, int]:
    """The longest idle timeout of the load balancers that use a target group, by its ARN."""
    found: dict[str, int] = {}
    for balancer, listener in each_listener(topology):
        seconds = idle_timeout_seconds(balancer)
        for rule in listener.rules:
            if isinstance(rule.action, Forward):
                for weighted in rule.action.target_groups:
                    found[weighted.arn] = max(seconds, found.get(weighted.arn, 0))
    return found


def _digest(arn: str) -> str:
    return hashlib.sha256(arn.encode()).hexdigest()[:16]
