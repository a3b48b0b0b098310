"""The Auto Scaling groups behind target groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from live.clients import Scaling
from live.errors import translated
from live.launch_source import registered_in
from live.releases import Releases, template_of
from rollout.observation import AutoScalingGroupState, Instance

_PAGE = 100
_NAMES_PER_CALL = 50
"""Source: Auto Scaling API, DescribeAutoScalingGroups."""


class Groups:
    """Finds the groups of a stack among all of the account once, and reads them by name then."""

    def __init__(self, scaling: Scaling, releases: Releases) -> None:
        """Be ready; nothing is read yet."""
        self._scaling = scaling
        self._releases = releases
        self._names: list[str] = []

    def read(self, target_group_arns: Sequence[str]) -> dict[str, AutoScalingGroupState | None]:
        """The group of each target group; `None` where none is attached, or more than one.

        Raises:
            LiveError: AWS cannot be read.
        """
        found = self._attached(target_group_arns, self._named()) if self._names else {}
        if any(len(found.get(arn, [])) != 1 for arn in target_group_arns):
            found = self._attached(target_group_arns, self._pages({}))
        self._names = sorted({g["AutoScalingGroupName"] for gs in found.values() for g in gs})
        groups: dict[str, AutoScalingGroupState | None] = {}
        for arn in target_group_arns:
            attached = found.get(arn, [])
            groups[arn] = self._group(attached[0]) if len(attached) == 1 else None
        return groups

    def _named(self) -> Iterator[Mapping[str, Any]]:
        for start in range(0, len(self._names), _NAMES_PER_CALL):
            names = self._names[start : start + _NAMES_PER_CALL]
            yield from self._pages({"AutoScalingGroupNames": names})

    def _pages(self, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        token: dict[str, str] = {}
        while True:
            with translated():
                page = self._scaling.describe_auto_scaling_groups(
                    MaxRecords=_PAGE, **arguments, **token
                )
            yield from page["AutoScalingGroups"]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    @staticmethod
    def _attached(
        target_group_arns: Sequence[str], groups: Iterator[Mapping[str, Any]]
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
