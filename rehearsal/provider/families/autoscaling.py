"""Auto Scaling group.

Source: hashicorp/aws 6 internal/service/autoscaling/group.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families import group_memberships, instance_refresh, launch_reference
from rehearsal.provider.families.capacity import (
    DELETE_LIMIT_SECONDS,
    describe_group,
    drain,
    is_duration,
    wait_for_capacity,
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


def _arguments(inputs: Values, names: frozenset[str]) -> dict[str, Any]:
    told = {
        aws: inputs[name]
        for name, aws in _ATTRIBUTES.items()
        if name in names and inputs.get(name) is not None
    }
    if "terminationPolicies" in names and not inputs.get("terminationPolicies"):
        told["TerminationPolicies"] = ["Default"]
    if "defaultInstanceWarmup" in names and inputs.get("defaultInstanceWarmup") is None:
        told["DefaultInstanceWarmup"] = -1  # AWS's way to say "none"
    if "healthCheckType" in names:
        told["HealthCheckGracePeriod"] = inputs["healthCheckGracePeriod"]
    if "launchTemplate" in names:
        told["LaunchTemplate"] = launch_reference.as_aws(inputs["launchTemplate"])
    if "vpcZoneIdentifiers" in names and inputs.get("vpcZoneIdentifiers"):
        told["VPCZoneIdentifier"] = ",".join(inputs["vpcZoneIdentifiers"])
    return told


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
    group_memberships.change_metrics(call, name, [], inputs.get("enabledMetrics") or [], inputs)
    wait_for_capacity(call, name, inputs["waitForCapacityTimeout"], exactly=False)


def _update(
    call: ProviderCall, name: str, old: Values, new: Values, changed: frozenset[str]
) -> None:
    arguments = _arguments(new, changed)
    if arguments:
        call.aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, **arguments)
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
    """What AWS tells of a group."""
    group = describe_group(call, name)
    if group is None:
        return None
    zones = group.get("VPCZoneIdentifier") or ""
    metrics = group.get("EnabledMetrics") or []
    return {
        "arn": group["AutoScalingGroupARN"],
        "name": name,
        **{prop: group.get(aws) for prop, aws in _ATTRIBUTES.items()},
        "terminationPolicies": _not_default(group.get("TerminationPolicies") or []),
        "availabilityZones": sorted(group.get("AvailabilityZones", [])),
        "vpcZoneIdentifiers": zones.split(",") if zones else [],
        "targetGroupArns": group.get("TargetGroupARNs", []),
        "launchTemplate": launch_reference.from_aws(group.get("LaunchTemplate")),
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
    """AWS tells `Default` where nothing was chosen; it stays out of the state unless declared."""
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
    if not inputs.get("launchTemplate"):
        yield "launchTemplate", "is needed: other launch sources are not supported by the rehearsal"
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
        "launchTemplate": Property(launch_reference.LAUNCH_REFERENCE),
        "healthCheckType": Property(STRING, computed=True),
        "healthCheckGracePeriod": Property(INTEGER, default=300),
        "defaultCooldown": Property(INTEGER, computed=True),
        "defaultInstanceWarmup": Property(INTEGER),
        "terminationPolicies": Property(SchemaListOf(STRING)),
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
