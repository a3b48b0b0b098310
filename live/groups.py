"""The Auto Scaling groups behind target groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from live.clients import pages
from live.launch_source import registered_in
from live.releases import Releases, template_of
from rollout.observation import AutoScalingGroupState, Instance

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient

_PAGE = 100
_NAMES_PER_CALL = 50
"""Source: Auto Scaling API, DescribeAutoScalingGroups."""


class Groups:
    """Finds the groups of a stack among all of the account once, then reads them by name."""

    def __init__(self, scaling: AutoScalingClient, releases: Releases) -> None:
        self._scaling = scaling
        self._releases = releases
        self._names: list[str] = []

    def read(self, target_group_arns: Sequence[str]) -> dict[str, AutoScalingGroupState | None]:
        """The group of each target group; `None` if none is attached, or more than one.

        Raises:
            LiveError: AWS cannot be read.
        """
        found = self._attached(target_group_arns, self._named()) if self._names else {}
        if any(len(found.get(arn, [])) != 1 for arn in target_group_arns):
            found = self._attached(target_group_arns, self._listed())
        self._names = sorted({g["AutoScalingGroupName"] for gs in found.values() for g in gs})
        groups: dict[str, AutoScalingGroupState | None] = {}
        for arn in target_group_arns:
            attached = found.get(arn, [])
            groups[arn] = self._group(attached[0]) if len(attached) == 1 else None
        return groups

    def _named(self) -> Iterator[Mapping[str, Any]]:
        for start in range(0, len(self._names), _NAMES_PER_CALL):
            names = self._names[start : start + _NAMES_PER_CALL]
            yield from self._listed(AutoScalingGroupNames=names)

    def _listed(self, **arguments: Any) -> list[Mapping[str, Any]]:
        operation, key = "describe_auto_scaling_groups", "AutoScalingGroups"
        return pages(self._scaling, operation, key, page_size=_PAGE, **arguments)

    @staticmethod
    def _attached(
        target_group_arns: Sequence[str], groups: Iterable[Mapping[str, Any]]
    ) -> dict[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for group in groups:
            for arn in set(target_group_arns) & set(registered_in(group)):
                found.setdefault(arn, []).append(group)
        return found

    def _group(self, group: Mapping[str, Any]) -> AutoScalingGroupState:
        pinned, release = self._releases.pinned(group)
        return AutoScalingGroupState(
            name=group["AutoScalingGroupName"],
            desired=group["DesiredCapacity"],
            min_size=group["MinSize"],
            max_size=group["MaxSize"],
            pinned=pinned,
            release=release,
            instances=tuple(
                Instance(each["InstanceId"], each["LifecycleState"], template_of(each))
                for each in group.get("Instances", [])
            ),
            tags={tag["Key"]: tag.get("Value", "") for tag in group.get("Tags", [])},
        )
