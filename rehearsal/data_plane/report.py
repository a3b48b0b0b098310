"""What the data plane tells the control plane: health, and where everything is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.control_plane.topology import Topology
from rehearsal.data_plane.check_result import CheckedHealth
from rehearsal.data_plane.rendering import PortOf, each_listener
from rehearsal.instances.fleet import ServedInstance

TargetKey = tuple[str, str, int]


def report(
    health: Mapping[TargetKey, CheckedHealth],
    topology: Topology,
    port_of: PortOf,
    served: Iterable[ServedInstance],
) -> dict[str, Any]:
    """The whole view, as JSON can hold it."""
    return {
        "targets": [_target(key, checked) for key, checked in health.items()],
        "listeners": [
            {
                "loadBalancer": balancer.name,
                "arn": listener.arn,
                "protocol": listener.protocol,
                "port": listener.port,
                "loopbackPort": port_of(balancer, listener),
            }
            for balancer, listener in each_listener(topology)
        ],
        "instances": [
            {
                "instanceId": instance.identity.instance_id,
                "build": instance.identity.build,
                "service": instance.identity.service,
                "slot": instance.identity.slot,
                "loopbackPort": instance.port,
                "pid": instance.pid,
            }
            for instance in served
        ],
    }


def _target(key: TargetKey, checked: CheckedHealth) -> dict[str, Any]:
    arn, target_id, port = key
    return {
        "targetGroupArn": arn,
        "targetId": target_id,
        "port": port,
        "checksBegan": checked.began,
        "state": checked.state.value,
        "since": checked.since,
        "reason": checked.reason,
        "description": checked.description,
    }
