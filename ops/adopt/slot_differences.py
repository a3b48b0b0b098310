"""What slot 02 does not take over from slot 01, in words. Pure.

Everything that AWS reports about slot 01 is compared, and what no table here names is listed. So a
setting that AWS adds one day becomes a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from live.launch_source import registered_in
from ops.adopt.first_slot import FirstSlot
from ops.adopt.group_settings import kept_processes, mixed_instances
from ops.inspect.document import TemplateReport
from rollout.json_value import is_list, is_map
from rollout.split import Slot

_NOT_SET = "not set"

TAKEN_OVER = {
    "launch": {
        "ImageId": "failover:images",
        "InstanceType": "failover:capacity.<service>.instanceType",
        "IamInstanceProfile": "failover:services.<service>.instanceProfile",
    },
    "fleet": {
        "MinSize": "failover:capacity.<service>.min",
        "MaxSize": "failover:capacity.<service>.max",
        "HealthCheckGracePeriod": "failover:services.<service>.healthCheckGraceSeconds",
        "VPCZoneIdentifier": "failover:network.instanceSubnetIds",
        "AvailabilityZones": "failover:network.instanceSubnetIds",
        "AvailabilityZoneIds": "failover:network.instanceSubnetIds",
    },
    "group": {
        "Port": "failover:services.<service>.port",
        "VpcId": "failover:network.vpcId",
        "Protocol": "failover:services.<service>.targetGroup.protocol",
        "HealthCheckProtocol": "failover:services.<service>.targetGroup.healthCheckProtocol",
        "HealthCheckPort": "failover:services.<service>.targetGroup.healthCheckPort",
        "HealthCheckPath": "failover:services.<service>.healthCheck.path",
        "HealthCheckIntervalSeconds": "failover:services.<service>.healthCheck.intervalSeconds",
        "HealthCheckTimeoutSeconds": "failover:services.<service>.healthCheck.timeoutSeconds",
        "HealthyThresholdCount": "failover:services.<service>.healthCheck.healthyThreshold",
        "UnhealthyThresholdCount": "failover:services.<service>.healthCheck.unhealthyThreshold",
        "Matcher": "failover:services.<service>.healthCheck.matcher",
    },
    "attributes": {
        "deregistration_delay.timeout_seconds": (
            "failover:services.<service>.deregistrationDelaySeconds"
        ),
        "slow_start.duration_seconds": "failover:services.<service>.targetGroup.slowStartSeconds",
        "load_balancing.algorithm.type": "failover:services.<service>.targetGroup.algorithm",
        "load_balancing.algorithm.anomaly_mitigation": (
            "failover:services.<service>.targetGroup.anomalyMitigation"
        ),
        "load_balancing.cross_zone.enabled": "failover:services.<service>.targetGroup.crossZone",
    },
}
"""What the config takes over, with the key that has it."""

OF_ITS_OWN = {
    # Names and times; what has a note of its own.
    "launch": frozenset(
        {
            "LaunchConfigurationName",
            "LaunchConfigurationARN",
            "CreatedTime",
            "UserData",
            "SecurityGroupIds",
            "SecurityGroups",
        }
    ),
    # Names, and how it is at the moment; what it launches from is reported as that.
    "fleet": frozenset(
        {
            "AutoScalingGroupName",
            "AutoScalingGroupARN",
            "CreatedTime",
            "LaunchTemplate",
            "LaunchConfigurationName",
            "DesiredCapacity",
            "PredictedCapacity",
            "Instances",
            "Status",
            "WarmPoolSize",
            "TargetGroupARNs",
            "TrafficSources",
            "MixedInstancesPolicy",
        }
    ),
    "group": frozenset({"TargetGroupArn", "TargetGroupName", "LoadBalancerArns"}),
    "attributes": frozenset[str](),
}
"""What is always slot 02's own, or what another note has."""

_SLOT_02: dict[str, dict[str, str]] = {
    "launch": {
        "MetadataOptions.HttpEndpoint": "enabled",
        "MetadataOptions.HttpTokens": "required",
        "MetadataOptions.HttpPutResponseHopLimit": "1",
        "NetworkInterfaces[0].AssociatePublicIpAddress": "false",
    },
    "fleet": {
        "HealthCheckType": "ELB",
        "TerminationPolicies": "OldestLaunchTemplate, OldestInstance",
    },
    "group": {
        "ProtocolVersion": "HTTP1",
        "TargetType": "instance",
        "HealthCheckEnabled": "true",
    },
    "attributes": {
        "stickiness.enabled": "false",
        "target_group_health.dns_failover.minimum_healthy_targets.count": "off",
        "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
    },
}
"""What the program declares, whatever slot 01 has. `components` is where it does."""

_AWS_DEFAULTS: dict[str, dict[str, str]] = {
    "launch": {
        "Monitoring.Enabled": "false",
        "InstanceMonitoring.Enabled": "false",
        "EbsOptimized": "false",
        "DisableApiTermination": "false",
        "DisableApiStop": "false",
        "InstanceInitiatedShutdownBehavior": "stop",
        "HibernationOptions.Configured": "false",
        "EnclaveOptions.Enabled": "false",
        "Placement.Tenancy": "default",
        "PlacementTenancy": "default",
        "MaintenanceOptions.AutoRecovery": "default",
        "CapacityReservationSpecification.CapacityReservationPreference": "open",
        "MetadataOptions.HttpProtocolIpv6": "disabled",
        "MetadataOptions.InstanceMetadataTags": "disabled",
        "MetadataOptions.State": "applied",
        "AssociatePublicIpAddress": "false",
        "NetworkInterfaces[0].DeviceIndex": "0",
        "NetworkInterfaces[0].NetworkCardIndex": "0",
        "NetworkInterfaces[0].InterfaceType": "interface",
        "NetworkInterfaces[0].DeleteOnTermination": "true",
        "NetworkInterfaces[0].AssociatePublicIpAddress": "false",
    },
    "fleet": {
        "DefaultCooldown": "300",
        "CapacityRebalance": "false",
        "NewInstancesProtectedFromScaleIn": "false",
        "DesiredCapacityType": "units",
        "MaxInstanceLifetime": "0",
        "DeletionProtection": "none",
        "TerminationPolicies": "Default",
        "AvailabilityZoneDistribution.CapacityDistributionStrategy": "balanced-best-effort",
        "AvailabilityZoneImpairmentPolicy.ZonalShiftEnabled": "false",
        "AvailabilityZoneImpairmentPolicy.ImpairedZoneHealthCheckBehavior": "IgnoreUnhealthy",
        "CapacityReservationSpecification.CapacityReservationPreference": "default",
    },
    "group": {"IpAddressType": "ipv4"},
    "attributes": {
        "stickiness.type": "lb_cookie",
        "stickiness.app_cookie.duration_seconds": "86400",
        "stickiness.lb_cookie.duration_seconds": "86400",
        "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    },
}
"""The defaults of AWS. Source: the page of each shape in its API reference.

A setting of slot 01 at AWS's default is not reported, even if the program sets another value:
`docs/adopt.md` lists what every slot of ours has.
"""

_NOTED_IF_ABSENT = (
    "MetadataOptions.HttpTokens",
    "MetadataOptions.HttpPutResponseHopLimit",
)
"""What the program declares, and what an image or account decides where slot 01 sets nothing."""

_ROOT_VOLUME = {"VolumeType": "gp3", "Encrypted": "true", "DeleteOnTermination": "true"}
_SERVICE_LINKED_ROLE = "/AWSServiceRoleForAutoScaling"


def unlike(
    service: str,
    template: TemplateReport,
    first: FirstSlot,
    image_id: str,
    instance_type: str,
    *,
    has_new_group: bool = True,
) -> list[str]:
    """A line for each thing, or for each thing's small differences.

    `has_new_group`: whether slot 02 gets a target group of its own making.
    """
    slot = f"{service}-{Slot.SECOND}"
    source = f"{template.kind} {template.name}".strip()
    launched = (
        [
            f"a launch template of its own, a copy of version {first.copied.number} of {source}",
            *_without_requirements(first, source, instance_type),
        ]
        if first.copied is not None
        else [
            "a security group of its own, which takes requests from the load balancer alone; what "
            "else its instances need to reach must let that group in",
            *_not_copied(first),
            *_booted(template, first, image_id),
            *_listed(source, launch_differences(first)),
        ]
    )
    lines = [
        *launched,
        *_mixed(first, instance_type),
        *_listed(f"Auto Scaling group {_name(first.fleet)}", fleet_differences(first)),
    ]
    if has_new_group:
        name = str(first.group.get("TargetGroupName", ""))
        lines += _listed(f"target group {name}", group_differences(first))
    for what, names in (
        ("scaling policies", first.policies),
        ("lifecycle hooks", first.hooks),
        ("scheduled actions", first.schedules),
    ):
        if names:
            lines.append(f"without the {what} {', '.join(names)} of {_name(first.fleet)}")
    return [f"{slot}: {line}" for line in lines]


def _without_requirements(first: FirstSlot, source: str, instance_type: str) -> Iterator[str]:
    if first.launch.get("InstanceRequirements"):
        yield f"{instance_type} alone; the InstanceRequirements of {source} are not taken over"


def _not_copied(first: FirstSlot) -> Iterator[str]:
    if first.not_copied:
        yield (
            f"a launch template that is not a copy of slot {Slot.FIRST}'s, since the stack cannot "
            f"copy {', '.join(first.not_copied)}"
        )


def _booted(template: TemplateReport, first: FirstSlot, image_id: str) -> Iterator[str]:
    if template.has_user_data:
        yield (
            f"user data of its own; that of {template.kind} {template.name} is not taken over, so "
            "the image must start what it runs by itself"
        )
    if first.root_volume_gib(image_id) is None:
        yield (
            "a root volume of the size in failover:capacity, since the image and so the "
            "size of slot 01's is not known"
        )
    if first.has_public_subnets and not _asks_for_no_public_address(first.launch):
        yield (
            "instances without a public address, which those of slot 01 get from their subnets; "
            "what they reach in the internet they need a NAT gateway or an endpoint for"
        )


def _mixed(first: FirstSlot, instance_type: str) -> Iterator[str]:
    mixed = first.fleet.get("MixedInstancesPolicy")
    if mixed and mixed_instances(first, instance_type) is None:
        mixed_text = ", ".join(
            f"{k} {v}" for k, v in sorted(flattened(mixed).items()) if _is_mixed(k)
        )
        yield (
            f"{instance_type} on demand alone; the mixed instances policy of {_name(first.fleet)} "
            f"is not taken over ({mixed_text or 'no distribution of its own'})"
        )


def _is_mixed(path: str) -> bool:
    return not path.startswith("LaunchTemplate.LaunchTemplateSpecification")


def _asks_for_no_public_address(launch: Mapping[str, Any]) -> bool:
    interfaces = launch.get("NetworkInterfaces") or [launch]
    return any(each.get("AssociatePublicIpAddress") is False for each in interfaces)


def launch_differences(first: FirstSlot) -> list[str]:
    """Of the launch template or launch configuration."""
    roots = {device for image in first.images if (device := first.root_device(image))}
    launch = {**first.launch}
    mappings = launch.pop("BlockDeviceMappings", [])
    launch["NetworkInterfaces"] = [
        {k: v for k, v in each.items() if k != "Groups"}
        for each in launch.get("NetworkInterfaces", ())
    ]
    lines = _differences("launch", launch)
    for mapping in mappings:
        device = mapping.get("DeviceName", "")
        found = flattened({k: v for k, v in mapping.items() if k != "DeviceName"})
        ours = {f"Ebs.{k}": v for k, v in _ROOT_VOLUME.items()} if device in roots else {}
        for path, value in found.items():
            is_size = device in roots and path == "Ebs.VolumeSize"
            if not is_size and ours.get(path) != value:
                lines.append(_line(f"{device} {path}", value, ours.get(path)))
    return lines


def fleet_differences(first: FirstSlot) -> list[str]:
    """Of the Auto Scaling group."""
    fleet = {**first.fleet}
    if str(fleet.get("ServiceLinkedRoleARN", "")).endswith(_SERVICE_LINKED_ROLE):
        del fleet["ServiceLinkedRoleARN"]
    if fleet.get("DefaultInstanceWarmup") == fleet.get("HealthCheckGracePeriod"):
        fleet.pop("DefaultInstanceWarmup", None)  # Slot 02 has it so, too.
    kept = kept_processes(first)
    suspended = [each.get("ProcessName", "") for each in fleet.pop("SuspendedProcesses", ())]
    suspended = [name for name in suspended if name not in kept]
    metrics = [each.get("Metric", "") for each in fleet.pop("EnabledMetrics", ())]
    own = {first.group.get("TargetGroupArn")}
    others = [arn for arn in registered_in(fleet) if arn not in own]
    lines = _differences("fleet", fleet)
    for name, values in (
        ("SuspendedProcesses", suspended),
        ("EnabledMetrics", metrics),
        ("other target groups", others),
    ):
        if values:
            lines.append(_line(name, ", ".join(map(str, values)), None))
    return lines


def group_differences(first: FirstSlot) -> list[str]:
    """Of the target group and its attributes."""
    return [
        *_differences("group", first.group),
        *_differences("attributes", first.attributes),
    ]


def _differences(source: str, described: Mapping[str, Any]) -> list[str]:
    left_out = {*TAKEN_OVER[source], *OF_ITS_OWN[source]}
    compared = {key: value for key, value in described.items() if key not in left_out}
    theirs = (
        {k: str(v) for k, v in compared.items()} if source == "attributes" else flattened(compared)
    )
    ours, defaults = _SLOT_02[source], _AWS_DEFAULTS[source]
    lines = [
        _line(path, value, ours.get(path))
        for path, value in theirs.items()
        if value not in ("", ours.get(path), defaults.get(path))
    ]
    if source == "launch" and described:
        absent = [path for path in _NOTED_IF_ABSENT if path not in theirs]
        lines += [_line(path, _NOT_SET, ours[path]) for path in absent]
    return lines


def _line(path: str, theirs: str, ours: str | None) -> str:
    return f"{path} {theirs}" if ours is None else f"{path} {theirs} (slot {Slot.SECOND}: {ours})"


def _listed(subject: str, differences: list[str]) -> list[str]:
    return [f"not as {subject} has it: {', '.join(differences)}"] if differences else []


def _name(fleet: Mapping[str, Any]) -> str:
    return str(fleet.get("AutoScalingGroupName", "slot 01"))


def flattened(value: Any, path: str = "") -> dict[str, str]:
    """What is in a description, leaf by leaf: `MetadataOptions.HttpTokens` to `required`."""
    if is_map(value):
        found: dict[str, str] = {}
        for key, each in value.items():
            found |= flattened(each, f"{path}.{key}" if path else str(key))
        return found
    if is_list(value):
        if not any(is_map(each) for each in value):
            return {path: ", ".join(str(each) for each in value)} if value else {}
        found = {}
        for number, each in enumerate(value):
            if set(each) >= {"Key", "Value"}:
                found[f"{path} {each['Key']}"] = str(each["Value"])
            else:
                found |= flattened(each, f"{path}[{number}]")
        return found
    if value is None or value == "":
        return {}
    return {path: str(value).lower() if isinstance(value, bool) else str(value)}
