"""Target groups and their targets, as Envoy's clusters and endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rehearsal.control_plane.topology import TopologyTarget, TopologyTargetGroup

CHECKED_STATES = frozenset({"initial", "healthy", "unhealthy"})
"""States of a target that may take requests, and so is checked: not draining, not unused."""

_CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
_ENDPOINTS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
_HTTP = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_CONNECT_SECONDS = 10
_UNLIMITED = 1_000_000

Address = tuple[str, int]
AddressOf = Callable[[TopologyTargetGroup, str, int], Address]
"""Where a target of a group is really served, by its id and a port."""
IsHealthy = Callable[[str, TopologyTarget], bool]
"""Whether a target of the group with that ARN passes its checks."""


def cluster(
    group: TopologyTargetGroup, endpoints_path: str, idle_timeout_seconds: int
) -> dict[str, Any]:
    """A cluster without its endpoints, so that it never changes when targets do.

    `healthy_panic_threshold` 1 is an ALB's fail-open: some healthy target takes all, and with none
    all of them share.
    """
    least = group.attributes.get("load_balancing.algorithm.type") == "least_outstanding_requests"
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
        "lb_policy": "LEAST_REQUEST" if least else "ROUND_ROBIN",
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


def endpoints(
    group: TopologyTargetGroup, address_of: AddressOf, is_healthy: IsHealthy
) -> dict[str, Any]:
    """The group's targets that may take requests, each with its health."""
    listed = [
        {
            "endpoint": {"address": _socket(address_of(group, target.target_id, target.port))},
            "health_status": "HEALTHY" if is_healthy(group.arn, target) else "UNHEALTHY",
            "metadata": _metadata(is_healthy=is_healthy(group.arn, target)),
        }
        for target in checked_targets(group)
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
