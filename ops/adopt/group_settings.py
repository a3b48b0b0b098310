"""What slot 02's groups take over of slot 01's, as the config has it. Pure."""

from __future__ import annotations

from ops.adopt.config_merge import Config
from ops.adopt.first_slot import FirstSlot
from ops.inspect.document import TargetGroupReport
from settings.auto_scaling_group import GroupOptions, Process
from settings.declaration.kind import RefusedValueError
from settings.target_group_settings import HTTP1, ROUND_ROBIN, TRAFFIC_PORT, TargetGroupSettings

_PROTOCOLS = ("HTTP", "HTTPS")
_ALGORITHM = "load_balancing.algorithm.type"
_SLOW_START = "slow_start.duration_seconds"


def is_made_alike(group: TargetGroupReport) -> bool:
    """Whether the stack can make a target group of the same type, protocol and checks."""
    return (
        group.target_type == "instance"
        and group.protocol in _PROTOCOLS
        and group.protocol_version == HTTP1
        and group.check.protocol in _PROTOCOLS
        and (group.check.port == TRAFFIC_PORT or group.check.port.isdigit())
    )


def target_group_settings(group: TargetGroupReport) -> Config:
    """The map `targetGroup` of a service whose new target group is like `group`."""
    assert group.details is not None, "the groups of the services are read in full"
    attributes = group.details.attributes
    own, port = TargetGroupSettings, group.check.port
    settings: Config = {}
    if group.protocol != own.protocol.default:
        settings[own.protocol.name] = group.protocol
    if seconds := int(attributes.get(_SLOW_START) or 0):
        settings[own.slow_start_seconds.name] = seconds
    if (algorithm := attributes.get(_ALGORITHM, ROUND_ROBIN)) != ROUND_ROBIN:
        settings[own.algorithm.name] = algorithm
    if port != TRAFFIC_PORT:
        settings[own.health_check_port.name] = int(port)
    if group.check.protocol != group.protocol:
        settings[own.health_check_protocol.name] = group.check.protocol
    return settings


def fleet_settings(first: FirstSlot, subnet_ids: tuple[str, ...], network: list[str]) -> Config:
    """The map `autoScalingGroup` of a slot whose group is like slot 01's.

    Args:
        first: What slot 01 is made from.
        subnet_ids: Those of its Auto Scaling group.
        network: The subnets in `failover:network`.
    """
    found: Config = {}
    if processes := kept_processes(first):
        found[GroupOptions.suspended_processes.name] = processes
    if subnet_ids and set(subnet_ids) != set(network):
        found[GroupOptions.subnet_ids.name] = list(subnet_ids)
    return found


def kept_processes(first: FirstSlot) -> list[str]:
    """The suspended processes of slot 01 that slot 02's group may have suspended too."""
    suspended = [each.get("ProcessName", "") for each in first.fleet.get("SuspendedProcesses", ())]
    return [name for name in suspended if _may_be_suspended(name)]


def _may_be_suspended(name: str) -> bool:
    try:
        Process().read(name)
    except RefusedValueError:
        return False
    return True
