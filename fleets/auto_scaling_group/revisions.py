"""Which build a group launches, and since when: from its launch template or configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleets.auto_scaling_group.launch import parts_of
from live.clients import pages
from live.errors import translated
from live.launch_source import launch_source
from rollout.fleet import Revision, Template

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client

_PAGE = 200


class Revisions:
    """Reads revisions and keeps them: a version of a launch template never changes."""

    def __init__(self, compute: EC2Client, scaling: AutoScalingClient) -> None:
        self._compute = compute
        self._scaling = scaling
        self._known: dict[Template, Revision] = {}

    def pinned(self, group: Mapping[str, Any]) -> tuple[Template | None, Revision | None]:
        """The template of a group, with a number for `$Latest`, and the revision that it is of.

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
        revision = revision_of(versions, number)
        return numbered, None if revision is None else self._keep(numbered, revision)

    def _keep(self, template: Template, revision: Revision | None) -> Revision | None:
        if revision is not None:
            self._known[template] = revision
        return revision

    def _versions(self, template_id: str) -> list[Mapping[str, Any]]:
        versions = pages(
            self._compute,
            "describe_launch_template_versions",
            "LaunchTemplateVersions",
            page_size=_PAGE,
            LaunchTemplateId=template_id,
        )
        return sorted(versions, key=lambda version: version["VersionNumber"])

    def _of_configuration(self, name: str) -> Revision | None:
        with translated():
            answer = self._scaling.describe_launch_configurations(LaunchConfigurationNames=[name])
        for found in answer["LaunchConfigurations"]:
            return _revision(found, found["CreatedTime"], is_first=False)
        return None


def template_of(owner: Mapping[str, Any]) -> Template | None:
    """What a group launches from, or an instance was launched from, as guards compare it."""
    source = launch_source(owner)
    return None if source is None else Template(source.id, source.version)


def revision_of(versions: Sequence[Mapping[str, Any]], number: int) -> Revision | None:
    """The revision of version `number`: the first of the versions up to it that make the same.

    `versions` are in the order of their numbers. A version that only changes tags makes the same
    instances, so it does not start a new revision.
    """
    until = [version for version in versions if version["VersionNumber"] <= number]
    if not until or until[-1]["VersionNumber"] != number:
        return None
    same = _made(until[-1])
    oldest = len(until) - 1
    while oldest > 0 and _made(until[oldest - 1]) == same:
        oldest -= 1
    return _revision(
        until[-1]["LaunchTemplateData"],
        until[oldest]["CreateTime"],
        is_first=until[oldest]["VersionNumber"] == 1,
        description=until[-1].get("VersionDescription", ""),
    )


def _revision(
    data: Mapping[str, Any], at: datetime, *, is_first: bool, description: str = ""
) -> Revision:
    """The revision in a template's data or a launch configuration, which have the same keys."""
    image_id = data.get("ImageId", "")
    parts = parts_of(image_id, data.get("UserData", ""), data.get("InstanceType", ""), description)
    return Revision(image_id, parts, at, is_first=is_first)


def _made(version: Mapping[str, Any]) -> str:
    data = {k: v for k, v in version["LaunchTemplateData"].items() if k != "TagSpecifications"}
    return json.dumps(data, sort_keys=True, default=str)


def _number(version: str, versions: Sequence[Mapping[str, Any]]) -> int:
    if version.isdigit():
        return int(version)
    if version == "$Latest":
        return versions[-1]["VersionNumber"]
    return next(v["VersionNumber"] for v in versions if v["DefaultVersion"])
