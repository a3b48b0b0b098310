"""The floor of an existing Auto Scaling group: its min, raised by a ramp and given back at its end.

The min that the group had is kept in a tag of the group, written before the min: whoever runs the
ramp again, on whatever machine, can give it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleets.auto_scaling_group.launch import FLOOR_TAG
from live.clients import Clients
from live.errors import UnreadableError, translated

FORMER_MIN_TAG = "failover:former-min"
"""The min of the group before the ramp."""


def hold(clients: Clients, name: str, floor: int) -> None:
    """Raise the min of a group to `floor`; a min that is higher already stays.

    Raises:
        LiveError: AWS cannot be read, or refuses.
    """
    group, tags = _read(clients, name)
    former = _number(tags, FORMER_MIN_TAG, otherwise=group["MinSize"])
    held = max(floor, former)
    if group["MinSize"] == held == _number(tags, FLOOR_TAG, otherwise=0):
        return
    with translated():
        # First what it was: a process that is killed in between leaves no min that nobody knows.
        clients.scaling.create_or_update_tags(
            Tags=[_tag(name, FORMER_MIN_TAG, str(former)), _tag(name, FLOOR_TAG, str(held))]
        )
        clients.scaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=held)


def give_back(clients: Clients, name: str) -> None:
    """Give a group the min that it had; a min that someone else has set since stays.

    Raises:
        LiveError: AWS cannot be read, or refuses.
    """
    group, tags = _read(clients, name)
    if FORMER_MIN_TAG not in tags:
        return
    former = _number(tags, FORMER_MIN_TAG, otherwise=group["MinSize"])
    with translated():
        if group["MinSize"] == _number(tags, FLOOR_TAG, otherwise=0):
            clients.scaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=former)
        clients.scaling.delete_tags(
            Tags=[_tag(name, key, tags[key]) for key in (FORMER_MIN_TAG, FLOOR_TAG) if key in tags]
        )


def _read(clients: Clients, name: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    with translated():
        answer: Any = clients.scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    groups: list[Mapping[str, Any]] = answer["AutoScalingGroups"]
    if not groups:
        raise UnreadableError(f"there is no Auto Scaling group {name}")
    return groups[0], {tag["Key"]: tag.get("Value", "") for tag in groups[0].get("Tags", [])}


def _number(tags: Mapping[str, str], key: str, *, otherwise: int) -> int:
    text = tags.get(key, "")
    return int(text) if text.isdigit() else otherwise


def _tag(name: str, key: str, value: str) -> Any:
    return {
        "ResourceId": name,
        "ResourceType": "auto-scaling-group",
        "Key": key,
        "Value": value,
        "PropagateAtLaunch": False,
    }
