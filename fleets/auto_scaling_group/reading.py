"""The Auto Scaling groups behind target groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleets.auto_scaling_group.launch import FLOOR_TAG
from fleets.auto_scaling_group.revisions import Revisions, template_of
from live.clients import Clients, pages
from live.launch_source import registered_in
from rollout.command import Command
from rollout.fleet import Fleet, FleetKind, FleetMember
from rollout.observation import Target
from settings.auto_scaling_group import STOPS_RAMPS

_PAGE = 100
_NEEDED = (*STOPS_RAMPS, "HealthCheck", "ReplaceUnhealthy")
"""The processes without which instances do not become ready."""
_NAMES_PER_CALL = 50
"""Source: Auto Scaling API, DescribeAutoScalingGroups."""


class Groups:
    """Finds the groups of a stack among all of the account once, then reads them by name."""

    def __init__(self, clients: Clients, revisions: Revisions, kind: FleetKind) -> None:
        """Hold what is needed; AWS is not called yet."""
        self._scaling = clients.scaling
        self._region = clients.region
        self._revisions = revisions
        self.kind = kind
        self._names: list[str] = []

    def read(self, targets: Mapping[str, Sequence[Target]]) -> Mapping[str, Fleet | None]:
        """The group of each target group; `None` if none is attached, or more than one.

        Raises:
            LiveError: AWS cannot be read.
        """
        target_group_arns = list(targets)
        found = self._attached(target_group_arns, self._named()) if self._names else {}
        if any(len(found.get(arn, [])) != 1 for arn in target_group_arns):
            found = self._attached(target_group_arns, self._listed())
        self._names = sorted({g["AutoScalingGroupName"] for gs in found.values() for g in gs})
        groups: dict[str, Fleet | None] = {}
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

    def _group(self, group: Mapping[str, Any]) -> Fleet:
        pinned, revision = self._revisions.pinned(group)
        tags = {tag["Key"]: tag.get("Value", "") for tag in group.get("Tags", [])}
        floor = tags.get(FLOOR_TAG, "")
        return Fleet(
            kind=self.kind,
            name=group["AutoScalingGroupName"],
            region=self._region,
            desired=group["DesiredCapacity"],
            least=group["MinSize"],
            most=group["MaxSize"],
            floor=int(floor) if floor.isdigit() else 0,
            pinned=pinned,
            revision=revision,
            members=tuple(
                FleetMember(each["InstanceId"], each["LifecycleState"], template_of(each))
                for each in group.get("Instances", [])
            ),
            delays=tuple(_delays(group, self._region)),
        )


def _delays(group: Mapping[str, Any], region: str) -> Iterator[str]:
    """What of a group keeps its instances from being ready.

    Source: EC2 Auto Scaling API, SuspendedProcess; EC2 Auto Scaling user guide, "Amazon EC2 Auto
    Scaling instance lifecycle".
    """
    held = [each["InstanceId"] for each in group.get("Instances", ()) if _is_held(each)]
    if held:
        listed = Command.of_aws(
            "autoscaling",
            "describe-lifecycle-hooks",
            {"auto-scaling-group-name": group["AutoScalingGroupName"]},
            region=region,
        )
        verb = "waits" if len(held) == 1 else "wait"
        yield f"{', '.join(held)} {verb} for a lifecycle hook, which {listed} shows"
    found = {each["ProcessName"] for each in group.get("SuspendedProcesses", ())}
    suspended = [process for process in _NEEDED if process in found]
    if suspended:
        resumed = Command.of_aws(
            "autoscaling",
            "resume-processes",
            {
                "auto-scaling-group-name": group["AutoScalingGroupName"],
                "scaling-processes": suspended,
            },
            region=region,
        )
        verb = "is" if len(suspended) == 1 else "are"
        yield f"{', '.join(suspended)} of its group {verb} suspended; {resumed} resumes"


def _is_held(instance: Mapping[str, Any]) -> bool:
    """Whether a lifecycle hook of the launch has yet to complete: it is not registered before."""
    return instance["LifecycleState"] == "Pending:Wait"
