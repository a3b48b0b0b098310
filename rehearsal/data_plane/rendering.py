"""The whole of Envoy's configuration, as a pure function of the topology.

Target groups and their targets are its clusters and endpoints; listeners and routes have modules of
their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.control_plane.topology import (
    Forward,
    PortOf,
    Topology,
    TopologyListener,
    TopologyLoadBalancer,
    TopologyTarget,
    TopologyTargetGroup,
    each_listener,
)
from rehearsal.data_plane.listeners import envoy_listener, idle_timeout_seconds, secret
from rehearsal.data_plane.routes import route_configuration

CHECKED_STATES = frozenset({"initial", "healthy", "unhealthy"})
"""States of a target that may take requests, and so is checked: not draining, not unused."""

_CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
_ENDPOINTS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
_HTTP = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_CONNECT_SECONDS = 10
_ROUND_ROBIN = "round_robin"
_POLICIES = {
    _ROUND_ROBIN: "ROUND_ROBIN",
    "least_outstanding_requests": "LEAST_REQUEST",
    "weighted_random": "RANDOM",
}
"""Envoy's policy for each algorithm."""
_UNVERIFIED_TLS = {
    "name": "envoy.transport_sockets.tls",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    },
}
"""Encrypted, and the certificate of a target is not verified. Source: ELB user guide, "Target
groups for your Application Load Balancers", routing configuration."""
_UNLIMITED = 1_000_000

Address = tuple[str, int]
AddressOf = Callable[[TopologyTargetGroup, str, int], Address]
"""Where a target of a group is really served, by its id and a port."""
IsHealthy = Callable[[str, TopologyTarget], bool]
"""Whether a target of the group with that ARN passes its checks."""
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


def cluster(
    group: TopologyTargetGroup, endpoints_path: str, idle_timeout_seconds: int
) -> dict[str, Any]:
    """A cluster without its endpoints, so that it never changes when targets do.

    `healthy_panic_threshold` 1 is an ALB's fail-open: some healthy target takes all, and with none
    all of them share.
    """
    algorithm = group.attributes.get("load_balancing.algorithm.type", _ROUND_ROBIN)
    slow_start = slow_start_seconds(group)
    window = {"slow_start_config": {"slow_start_window": f"{slow_start}s"}}
    limits = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
    http1: dict[str, Any] = {"http_protocol_options": {}}
    return {
        "@type": _CLUSTER,
        "name": group.arn,
        "alt_stat_name": f"target_group.{group.name}",
        "type": "EDS",
        "eds_cluster_config": {
            "service_name": group.arn,
            "eds_config": {"path_config_source": {"path": endpoints_path}},
        },
        "connect_timeout": f"{_CONNECT_SECONDS}s",
        "lb_policy": _POLICIES[algorithm],
        **({"round_robin_lb_config": window} if slow_start else {}),
        **({"transport_socket": _UNVERIFIED_TLS} if group.protocol == "HTTPS" else {}),
        "common_lb_config": {"healthy_panic_threshold": {"value": 1}},
        "circuit_breakers": {"thresholds": [dict.fromkeys(limits, _UNLIMITED)]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": _HTTP,
                "explicit_http_config": http1,
                "common_http_protocol_options": {"idle_timeout": f"{idle_timeout_seconds}s"},
            }
        },
    }


def slow_start_seconds(group: TopologyTargetGroup) -> int:
    """Time in which the share of a new target rises; 0 for none."""
    return int(group.attributes.get("slow_start.duration_seconds", "0"))


def endpoints(
    group: TopologyTargetGroup, address_of: AddressOf, is_healthy: IsHealthy
) -> dict[str, Any]:
    """The group's targets that may take requests, each with its health.

    Envoy's slow start begins when a target joins and an ALB's when it becomes healthy, so with one
    a target joins when it is healthy, as long as there is a healthy one.
    """
    present = list(checked_targets(group))
    healthy = [target for target in present if is_healthy(group.arn, target)]
    listed = [
        {
            "endpoint": {"address": _socket(address_of(group, target.target_id, target.port))},
            "health_status": "HEALTHY" if is_healthy(group.arn, target) else "UNHEALTHY",
            "metadata": _metadata(is_healthy=is_healthy(group.arn, target)),
        }
        for target in (healthy if healthy and slow_start_seconds(group) else present)
    ]
    return {
        "@type": _ENDPOINTS,
        "cluster_name": group.arn,
        "endpoints": [{"lb_endpoints": listed}] if listed else [],
    }


def _metadata(*, is_healthy: bool) -> dict[str, Any]:
    """What the access log shows of the target that a request went to."""
    return {"filter_metadata": {"rehearsal": {"healthy": "true" if is_healthy else "false"}}}


def checked_targets(group: TopologyTargetGroup) -> Iterable[TopologyTarget]:
    """The targets that take part."""
    return (target for target in group.targets if target.state in CHECKED_STATES)


def _socket(address: Address) -> dict[str, Any]:
    host, port = address
    return {"socket_address": {"address": host, "port_value": port}}
