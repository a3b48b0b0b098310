"""Waiting for an Auto Scaling group's instances.

Source: hashicorp/aws 6 internal/service/autoscaling/group.go.
"""

from __future__ import annotations

import re
from typing import Any

from rehearsal.provider.call import ProviderCall

DELETE_LIMIT_SECONDS = 600
"""Source: the resource's default delete timeout."""

_UNIT_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")


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
    """What AWS tells of a group; None when it is gone or going."""
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
