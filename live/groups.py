"""The Auto Scaling groups behind target groups, and the build that each launches, since when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from live.clients import pages
from live.errors import translated
from rollout.observation import AutoScalingGroupState, Build, Instance, Release, Template

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client

_GROUPS_PER_PAGE = 100
_NAMES_PER_CALL = 50
"""Source: Auto Scaling API, DescribeAutoScalingGroups."""

_VERSIONS_PER_PAGE = 200


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
        return pages(self._scaling, operation, key, page_size=_GROUPS_PER_PAGE, **arguments)

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


class LaunchKind(Enum):
    """The three ways to configure what a group launches."""

    TEMPLATE = "launch template"
    MIXED_INSTANCES = "mixed instances policy"
    CONFIGURATION = "launch configuration"


@dataclass(frozen=True, slots=True)
class LaunchSource:
    """What a group launches from, or an instance was launched from, as AWS names it."""

    kind: LaunchKind
    id: str
    """The id of a launch template; the name of a configuration."""
    name: str
    """The id if AWS does not return the name."""
    version: str
    """A number, `$Latest` or `$Default`; empty for a configuration, which has no versions."""


def launch_source(owner: Mapping[str, Any]) -> LaunchSource | None:
    """What a group or an instance of DescribeAutoScalingGroups is launched from.

    Source: EC2 Auto Scaling API, LaunchTemplateSpecification, MixedInstancesPolicy.
    """
    mixed = owner.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = owner.get("LaunchTemplate")
    if named := template or mixed.get("LaunchTemplateSpecification"):
        kind = LaunchKind.TEMPLATE if template else LaunchKind.MIXED_INSTANCES
        # AWS returns both for a group that was created with a name.
        id_ = named.get("LaunchTemplateId") or named["LaunchTemplateName"]
        name = named.get("LaunchTemplateName") or id_
        return LaunchSource(kind, id_, name, str(named.get("Version") or "$Default"))
    if name := owner.get("LaunchConfigurationName"):
        return LaunchSource(LaunchKind.CONFIGURATION, name, name, "")
    return None


def registered_in(group: Mapping[str, Any]) -> tuple[str, ...]:
    """The target groups that a group registers its instances in, each once.

    AWS returns them as target groups, as traffic sources, or as both.
    Source: EC2 Auto Scaling API, AutoScalingGroup.TargetGroupARNs, TrafficSources.
    """
    sources = [s["Identifier"] for s in group.get("TrafficSources", ()) if "Identifier" in s]
    return tuple(dict.fromkeys([*group.get("TargetGroupARNs", ()), *sources]))


class Releases:
    """Reads releases and keeps them: a version of a launch template never changes."""

    def __init__(self, compute: EC2Client, scaling: AutoScalingClient) -> None:
        self._compute = compute
        self._scaling = scaling
        self._known: dict[Template, Release] = {}

    def pinned(self, group: Mapping[str, Any]) -> tuple[Template | None, Release | None]:
        """The template of a group, with a number for `$Latest`, and the release of its build.

        Raises:
            LiveError: AWS cannot be read.
        """
        template = template_of(group)
        if template is None:
            return None, None
        if template in self._known:
            return template, self._known[template]
        if not template.version:
            return template, self._keep(template, self._of_configuration(template.source))
        versions = self._versions(template.source)
        number = _number(template.version, versions)
        numbered = Template(template.source, str(number))
        release = released(versions, number)
        return numbered, None if release is None else self._keep(numbered, release)

    def _keep(self, template: Template, release: Release | None) -> Release | None:
        if release is not None:
            self._known[template] = release
        return release

    def _versions(self, template_id: str) -> list[Mapping[str, Any]]:
        versions = pages(
            self._compute,
            "describe_launch_template_versions",
            "LaunchTemplateVersions",
            page_size=_VERSIONS_PER_PAGE,
            LaunchTemplateId=template_id,
        )
        return sorted(versions, key=lambda version: version["VersionNumber"])

    def _of_configuration(self, name: str) -> Release | None:
        with translated():
            answer = self._scaling.describe_launch_configurations(LaunchConfigurationNames=[name])
        for found in answer["LaunchConfigurations"]:
            return Release(build_of(found), found["CreatedTime"], is_first=False)
        return None


def template_of(owner: Mapping[str, Any]) -> Template | None:
    """What a group launches from, or an instance was launched from, as guards compare it."""
    source = launch_source(owner)
    return None if source is None else Template(source.id, source.version)


def released(versions: Sequence[Mapping[str, Any]], number: int) -> Release | None:
    """The release of version `number`: the first of the versions up to it that make the same.

    `versions` are in the order of their numbers. A version that only changes tags makes the same
    instances, and releases nothing.
    """
    until = [version for version in versions if version["VersionNumber"] <= number]
    if not until or until[-1]["VersionNumber"] != number:
        return None
    same = _made(until[-1])
    oldest = len(until) - 1
    while oldest > 0 and _made(until[oldest - 1]) == same:
        oldest -= 1
    return Release(
        build=build_of(until[-1]["LaunchTemplateData"]),
        at=until[oldest]["CreateTime"],
        is_first=until[oldest]["VersionNumber"] == 1,
    )


def build_of(data: Mapping[str, Any]) -> Build:
    """The build in a template's data or in a launch configuration, which have the same keys."""
    return Build(
        image_id=data.get("ImageId", ""),
        user_data=data.get("UserData", ""),
        instance_type=data.get("InstanceType", ""),
    )


def _made(version: Mapping[str, Any]) -> str:
    data = {k: v for k, v in version["LaunchTemplateData"].items() if k != "TagSpecifications"}
    return json.dumps(data, sort_keys=True, default=str)


def _number(version: str, versions: Sequence[Mapping[str, Any]]) -> int:
    if version.isdigit():
        return int(version)
    if version == "$Latest":
        return versions[-1]["VersionNumber"]
    return next(v["VersionNumber"] for v in versions if v["DefaultVersion"])
