"""Auto Scaling group, and waiting for its instances.

Source: hashicorp/aws 6 internal/service/autoscaling/group.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families import group_memberships, instance_refresh, mixed_instances
from rehearsal.provider.families.launch_templates import (
    LAUNCH_REFERENCE,
    reference_as_aws,
    reference_from_aws,
)
from rehearsal.provider.table import (
    AutoName,
    Block,
    Property,
    ResourceType,
    SchemaListOf,
    SetOf,
    Values,
)
from rehearsal.provider.values import BOOLEAN, INTEGER, STRING, arn, length
from rollout.json_value import list_of

DELETE_LIMIT_SECONDS = 600
"""Source: the resource's default delete timeout."""

_UNIT_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")

_ATTRIBUTES = {
    "minSize": "MinSize",
    "maxSize": "MaxSize",
    "desiredCapacity": "DesiredCapacity",
    "healthCheckType": "HealthCheckType",
    "healthCheckGracePeriod": "HealthCheckGracePeriod",
    "defaultCooldown": "DefaultCooldown",
    "defaultInstanceWarmup": "DefaultInstanceWarmup",
    "terminationPolicies": "TerminationPolicies",
}


def duration_seconds(text: str) -> float | None:
    """A duration as Go writes it (`10m`, `1h30m`, `0`); None when it is not one."""
    if text == "0":
        return 0.0
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def is_duration(value: Any) -> str | None:
    """A duration as Go writes it."""
    if duration_seconds(value) is None:
        return f"expected a duration like 10m, got {value!r}"
    return None


def describe_group(call: ProviderCall, name: str) -> Any:
    """What AWS has of a group; None when it is gone or going."""
    answer = call.aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    found = answer["AutoScalingGroups"]
    return found[0] if found else None


def in_service_count(group: Any) -> int:
    """How many instances are healthy and in service."""
    return sum(
        1
        for instance in group["Instances"]
        if instance["HealthStatus"].lower() == "healthy"
        and instance["LifecycleState"] == "InService"
    )


def wait_for_capacity(call: ProviderCall, name: str, timeout: str, *, exactly: bool) -> None:
    """Wait until as many instances serve as the group wants; `0` does not wait.

    At creation more are fine, at an update the number must be met: `exactly`.

    Raises:
        WaitError: not within the timeout.
    """
    limit_seconds = duration_seconds(timeout) or 0.0
    if limit_seconds <= 0:
        return

    def is_satisfied() -> bool:
        group = describe_group(call, name)
        wanted = max(group["MinSize"], group["DesiredCapacity"])
        have = in_service_count(group)
        return have == wanted if exactly else have >= wanted

    call.wait_until(
        is_satisfied,
        f"Auto Scaling group {name}: instances in service",
        limit_seconds=limit_seconds,
    )


def drain(call: ProviderCall, name: str) -> None:
    """Let a group scale to nothing, and wait for its last instance to go."""
    group = describe_group(call, name)
    if group is None:
        return
    call.aws.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=0, DesiredCapacity=0
    )
    protected = [i["InstanceId"] for i in group["Instances"] if i.get("ProtectedFromScaleIn")]
    if protected:
        call.aws.autoscaling.set_instance_protection(
            AutoScalingGroupName=name, InstanceIds=protected, ProtectedFromScaleIn=False
        )

    def is_empty() -> bool:
        found = describe_group(call, name)
        return found is None or not found["Instances"]

    call.wait_until(
        is_empty,
        f"Auto Scaling group {name}: drained",
        limit_seconds=call.limit_seconds(DELETE_LIMIT_SECONDS),
    )


def _arguments(inputs: Values, names: frozenset[str]) -> dict[str, Any]:
    sent = {
        aws: inputs[name]
        for name, aws in _ATTRIBUTES.items()
        if name in names and inputs.get(name) is not None
    }
    if "terminationPolicies" in names and not inputs.get("terminationPolicies"):
        sent["TerminationPolicies"] = ["Default"]
    if "defaultInstanceWarmup" in names and inputs.get("defaultInstanceWarmup") is None:
        sent["DefaultInstanceWarmup"] = -1  # AWS's way to say "none"
    if "healthCheckType" in names:
        sent["HealthCheckGracePeriod"] = inputs["healthCheckGracePeriod"]
    if "launchTemplate" in names and inputs.get("launchTemplate"):
        sent["LaunchTemplate"] = reference_as_aws(inputs["launchTemplate"])
    if "mixedInstancesPolicy" in names and inputs.get("mixedInstancesPolicy"):
        sent["MixedInstancesPolicy"] = mixed_instances.as_aws(inputs["mixedInstancesPolicy"])
    if "vpcZoneIdentifiers" in names and inputs.get("vpcZoneIdentifiers"):
        sent["VPCZoneIdentifier"] = ",".join(inputs["vpcZoneIdentifiers"])
    return sent


def _create(call: ProviderCall, inputs: Values) -> str:
    name = inputs["name"]
    arguments = _arguments(inputs, frozenset(inputs))
    if inputs.get("targetGroupArns"):
        arguments["TargetGroupARNs"] = inputs["targetGroupArns"]
    if inputs.get("tags"):
        arguments["Tags"] = group_memberships.tags_as_aws(name, inputs["tags"])
    call.aws.autoscaling.create_auto_scaling_group(AutoScalingGroupName=name, **arguments)
    return name


def _settle(call: ProviderCall, name: str, inputs: Values) -> None:
    if inputs.get("suspendedProcesses"):
        group_memberships.change_processes(call, name, [], inputs["suspendedProcesses"])
    group_memberships.change_metrics(call, name, [], inputs.get("enabledMetrics") or [], inputs)
    wait_for_capacity(call, name, inputs["waitForCapacityTimeout"], exactly=False)


def _update(
    call: ProviderCall, name: str, old: Values, new: Values, changed: frozenset[str]
) -> None:
    arguments = _arguments(new, changed)
    if arguments:
        call.aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, **arguments)
    if "suspendedProcesses" in changed:
        group_memberships.change_processes(
            call, name, old.get("suspendedProcesses") or [], new.get("suspendedProcesses") or []
        )
    if "tags" in changed:
        group_memberships.change_tags(call, name, old.get("tags") or [], new.get("tags") or [])
    if "targetGroupArns" in changed:
        group_memberships.change_target_groups(
            call, name, old.get("targetGroupArns") or [], new.get("targetGroupArns") or []
        )
    if instance_refresh.is_wanted(new, changed):
        instance_refresh.start(call, name, new)
    if changed & {"minSize", "desiredCapacity"}:
        wait_for_capacity(call, name, new["waitForCapacityTimeout"], exactly=True)
    if changed & {"enabledMetrics", "metricsGranularity"}:
        group_memberships.change_metrics(
            call, name, old.get("enabledMetrics") or [], new.get("enabledMetrics") or [], new
        )


def read_group(call: ProviderCall, name: str) -> Values | None:
    """The state of a group in AWS."""
    group = describe_group(call, name)
    if group is None:
        return None
    zones = group.get("VPCZoneIdentifier") or ""
    metrics = list_of(group.get("EnabledMetrics"))
    return {
        "arn": group["AutoScalingGroupARN"],
        "name": name,
        **{prop: group.get(aws) for prop, aws in _ATTRIBUTES.items()},
        "terminationPolicies": _not_default(group.get("TerminationPolicies") or []),
        "availabilityZones": sorted(group.get("AvailabilityZones", [])),
        "vpcZoneIdentifiers": zones.split(",") if zones else [],
        "targetGroupArns": group.get("TargetGroupARNs", []),
        "launchTemplate": reference_from_aws(group.get("LaunchTemplate")),
        "mixedInstancesPolicy": mixed_instances.from_aws(group.get("MixedInstancesPolicy")),
        "suspendedProcesses": [one["ProcessName"] for one in group.get("SuspendedProcesses", ())],
        "enabledMetrics": [one["Metric"] for one in metrics],
        "metricsGranularity": metrics[0]["Granularity"] if metrics else "1Minute",
        "serviceLinkedRoleArn": group.get("ServiceLinkedRoleARN"),
        "tags": [
            {"key": t["Key"], "value": t["Value"], "propagateAtLaunch": t["PropagateAtLaunch"]}
            for t in group.get("Tags", ())
            if not t["Key"].startswith("aws:")
        ],
    }


def _not_default(policies: list[str]) -> list[str]:
    """AWS returns `Default` where nothing was chosen; it stays out of the state unless declared."""
    return [] if policies == ["Default"] else policies


def _as_declared(state: Values, inputs: Values) -> Values:
    declared = inputs.get("terminationPolicies") == ["Default"] and not state["terminationPolicies"]
    return {**state, "terminationPolicies": ["Default"]} if declared else state


def _delete(call: ProviderCall, name: str, _state: Values) -> None:
    drain(call, name)

    def delete() -> None:
        if describe_group(call, name) is not None:
            unless_gone(
                lambda: call.aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name)
            )

    call.retried(
        delete,
        "ResourceInUse",
        "ScalingActivityInProgress",
        limit_seconds=call.limit_seconds(DELETE_LIMIT_SECONDS),
    )
    call.wait_until(
        lambda: describe_group(call, name) is None,
        f"Auto Scaling group {name}: deleted",
        limit_seconds=call.limit_seconds(DELETE_LIMIT_SECONDS),
    )


def _problems(inputs: Values) -> Iterator[tuple[str, str]]:
    least, most = inputs.get("minSize"), inputs.get("maxSize")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield "minSize", f"must not be over maxSize {most}, got {least}"
    sources = [inputs.get("launchTemplate"), inputs.get("mixedInstancesPolicy")]
    if not any(sources):
        yield "launchTemplate", "is needed: other launch sources are not supported by the rehearsal"
    if all(sources):
        yield "mixedInstancesPolicy", "conflicts with launchTemplate"
    if not inputs.get("vpcZoneIdentifiers"):
        yield "vpcZoneIdentifiers", "is needed: availability zones are not supported alone"


GROUP = ResourceType(
    token="aws:autoscaling/group:Group",
    properties={
        "name": Property(STRING, computed=True, replaces=True, valid=length(1, 255)),
        "minSize": Property(INTEGER, required=True),
        "maxSize": Property(INTEGER, required=True),
        "desiredCapacity": Property(INTEGER, computed=True),
        "vpcZoneIdentifiers": Property(SetOf(STRING), computed=True),
        "targetGroupArns": Property(SetOf(STRING), computed=True, valid=arn),
        "launchTemplate": Property(LAUNCH_REFERENCE),
        "mixedInstancesPolicy": Property(mixed_instances.POLICY),
        "healthCheckType": Property(STRING, computed=True),
        "healthCheckGracePeriod": Property(INTEGER, default=300),
        "defaultCooldown": Property(INTEGER, computed=True),
        "defaultInstanceWarmup": Property(INTEGER),
        "terminationPolicies": Property(SchemaListOf(STRING)),
        "suspendedProcesses": Property(SetOf(STRING)),
        "enabledMetrics": Property(SetOf(STRING)),
        "metricsGranularity": Property(STRING, default="1Minute"),
        "instanceRefresh": Property(instance_refresh.REFRESH, provider_only=True),
        "waitForCapacityTimeout": Property(
            STRING, default="10m", provider_only=True, valid=is_duration
        ),
        "tags": Property(
            SetOf(
                Block(
                    {
                        "key": Property(STRING, required=True),
                        "value": Property(STRING, required=True),
                        "propagateAtLaunch": Property(BOOLEAN, required=True),
                    }
                )
            )
        ),
    },
    outputs=("arn", "availabilityZones", "serviceLinkedRoleArn"),
    create=_create,
    read=read_group,
    update=_update,
    delete=_delete,
    settle=_settle,
    autoname=AutoName(most=255),
    problems=_problems,
    as_declared=_as_declared,
)
