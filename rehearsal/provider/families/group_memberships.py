"""What an Auto Scaling group has calls of its own for: tags, target groups, processes, metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.provider.call import ProviderCall
from rehearsal.provider.table import Values

ATTACH_LIMIT_SECONDS = 120
TARGET_GROUPS_A_CALL = 10
"""Source: Auto Scaling API Reference, AttachLoadBalancerTargetGroups."""


def tags_as_aws(name: str, tags: list[Values] | None) -> list[Any]:
    """A group's tags as the calls for tags take them."""
    return [
        {
            "ResourceId": name,
            "ResourceType": "auto-scaling-group",
            "Key": tag["key"],
            "Value": tag["value"],
            "PropagateAtLaunch": tag["propagateAtLaunch"],
        }
        for tag in tags or ()
    ]


def change_tags(call: ProviderCall, name: str, old: list[Values], new: list[Values]) -> None:
    """Take away the tags that are gone, and set those that are new or different."""
    kept = {tag["key"] for tag in new}
    lost = tags_as_aws(name, [tag for tag in old if tag["key"] not in kept])
    gained = tags_as_aws(name, [tag for tag in new if tag not in old])
    if lost:
        call.aws.autoscaling.delete_tags(Tags=lost)
    if gained:
        call.aws.autoscaling.create_or_update_tags(Tags=gained)


def change_target_groups(call: ProviderCall, name: str, old: list[str], new: list[str]) -> None:
    """Detach, attach, and wait until AWS has done so."""
    autoscaling = call.aws.autoscaling
    for batch in _batches([one for one in old if one not in new]):
        autoscaling.detach_load_balancer_target_groups(
            AutoScalingGroupName=name, TargetGroupARNs=batch
        )
    for batch in _batches([one for one in new if one not in old]):
        autoscaling.attach_load_balancer_target_groups(
            AutoScalingGroupName=name, TargetGroupARNs=batch
        )

    def is_settled() -> bool:
        answer = autoscaling.describe_load_balancer_target_groups(AutoScalingGroupName=name)
        states = [one.get("State") for one in answer["LoadBalancerTargetGroups"]]
        return not {"Adding", "Removing"} & set(states)

    call.wait_until(
        is_settled,
        f"Auto Scaling group {name}: target groups attached",
        limit_seconds=ATTACH_LIMIT_SECONDS,
    )


def _batches(items: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), TARGET_GROUPS_A_CALL):
        yield items[start : start + TARGET_GROUPS_A_CALL]


def change_processes(call: ProviderCall, name: str, old: list[str], new: list[str]) -> None:
    """Resume the processes that are no longer named, and suspend those that are new."""
    lost = sorted(one for one in old if one not in new)
    gained = sorted(one for one in new if one not in old)
    if lost:
        call.aws.autoscaling.resume_processes(AutoScalingGroupName=name, ScalingProcesses=lost)
    if gained:
        call.aws.autoscaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=gained)


def change_metrics(
    call: ProviderCall, name: str, old: list[str], new: list[str], inputs: Values
) -> None:
    """Stop and start sending the group\'s own metrics."""
    lost = [one for one in old if one not in new]
    gained = [one for one in new if one not in old]
    if lost:
        call.aws.autoscaling.disable_metrics_collection(AutoScalingGroupName=name, Metrics=lost)
    if gained:
        call.aws.autoscaling.enable_metrics_collection(
            AutoScalingGroupName=name,
            Granularity=inputs["metricsGranularity"],
            Metrics=gained,
        )
