"""What slot 02's groups take over of slot 01's, as the config has it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.adopt.config_merge import Config
from ops.adopt.first_slot import FirstSlot
from ops.inspect.document import TargetGroupReport
from rollout.images import is_arm
from rollout.json_value import list_of, map_of
from settings.auto_scaling_group import GroupOptions, MixedInstances, Process
from settings.declaration.key import Key
from settings.declaration.kind import RefusedValueError
from settings.target_group_settings import HTTP1, ROUND_ROBIN, TRAFFIC_PORT, TargetGroupSettings

_PROTOCOLS = ("HTTP", "HTTPS")
_ALGORITHM = "load_balancing.algorithm.type"
_MITIGATION = "load_balancing.algorithm.anomaly_mitigation"
_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_SLOW_START = "slow_start.duration_seconds"
_PERCENT = "OnDemandPercentageAboveBaseCapacity"
_DISTRIBUTION: Mapping[str, Key[Any]] = {
    "OnDemandBaseCapacity": MixedInstances.on_demand_base,
    _PERCENT: MixedInstances.on_demand_percent_above_base,
    "SpotAllocationStrategy": MixedInstances.spot_allocation_strategy,
    "SpotMaxPrice": MixedInstances.max_price,
}
_UNSET = {"OnDemandAllocationStrategy": "prioritized", "SpotInstancePools": 2}
"""What AWS returns where nothing was set. Source: Auto Scaling API, InstancesDistribution."""
_ALL = 100
_STRATEGIES = (
    *("price-capacity-optimized", "capacity-optimized"),
    *("capacity-optimized-prioritized", "lowest-price"),
)


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
    if attributes.get(_MITIGATION) == "on":
        settings[own.anomaly_mitigation.name] = True
    if (crosses := attributes.get(_CROSS_ZONE)) in ("true", "false"):
        settings[own.cross_zone.name] = crosses == "true"
    if port != TRAFFIC_PORT:
        settings[own.health_check_port.name] = int(port)
    if group.check.protocol != group.protocol:
        settings[own.health_check_protocol.name] = group.check.protocol
    return settings


def fleet_settings(
    first: FirstSlot, instance_type: str, subnet_ids: tuple[str, ...], network: list[str]
) -> Config:
    """The map `autoScalingGroup` of a slot whose group is like slot 01's.

    Args:
        first: What slot 01 is made from.
        instance_type: Of slot 02.
        subnet_ids: Those of its Auto Scaling group.
        network: The subnets in `failover:network`.
    """
    found: Config = {}
    if mixed := mixed_instances(first, instance_type):
        found[GroupOptions.mixed_instances.name] = mixed
    if processes := kept_processes(first):
        found[GroupOptions.suspended_processes.name] = processes
    if subnet_ids and set(subnet_ids) != set(network):
        found[GroupOptions.subnet_ids.name] = list(subnet_ids)
    return found


def mixed_instances(first: FirstSlot, instance_type: str) -> Config | None:
    """The map `mixedInstances` of slot 01's policy; `None` for none that the stack can make.

    `instance_type`: of slot 02, which has to be one of the policy's.
    """
    policy = map_of(first.fleet.get("MixedInstancesPolicy"))
    types = policy_types(first)
    distribution = {
        name: value
        for name, value in map_of(policy.get("InstancesDistribution")).items()
        if value not in ("", None) and value != _UNSET.get(name)
    }
    is_known = (
        set(distribution) <= {*_DISTRIBUTION}
        and distribution.get("SpotAllocationStrategy", "lowest-price") in _STRATEGIES
        and instance_type in types
    )
    if not policy or not is_known or len({is_arm(each) for each in types}) > 1:
        return None
    own = MixedInstances
    has_spot = distribution.get(_PERCENT, own.on_demand_percent_above_base.default) < _ALL
    mixed: Config = {own.instance_types.name: list(types)}
    for name, key in _DISTRIBUTION.items():
        if name in distribution and (
            has_spot or key not in (own.spot_allocation_strategy, own.max_price)
        ):
            mixed[key.name] = distribution[name]
    if own.max_price.name in mixed:
        mixed[own.max_price.name] = float(mixed[own.max_price.name])
    return mixed


def policy_types(first: FirstSlot) -> tuple[str, ...]:
    """The instance types of slot 01's policy, in its order; empty where they have more to them."""
    policy = map_of(first.fleet.get("MixedInstancesPolicy"))
    overrides = list_of(map_of(policy.get("LaunchTemplate")).get("Overrides"))
    if any(set(each) != {"InstanceType"} for each in overrides):
        return ()
    return tuple(dict.fromkeys(each["InstanceType"] for each in overrides))


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
