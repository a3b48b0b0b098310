"""Reads the Auto Scaling groups behind target groups, what they launch, and what runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from live.launch_source import LaunchKind, launch_source, registered_in
from ops.inspect.document import AutoScalingGroup, InstanceReport, TemplateReport

_MOST_INSTANCES = 200
"""Values of one filter. Source: EC2 API, DescribeInstances."""

_NO_TEMPLATE = ("InvalidLaunchTemplateId.", "InvalidLaunchTemplateName.")
"""How AWS's codes begin for a template, or a version of one, that was deleted.

Source: EC2 API, "Error codes".
"""


def read_auto_scaling_groups(autoscaling: Any, arns: Iterable[str]) -> list[AutoScalingGroup]:
    """The groups that register instances in one of these target groups."""
    wanted = set(arns)
    pages = autoscaling.get_paginator("describe_auto_scaling_groups").paginate()
    found = [_group(group) for page in pages for group in page["AutoScalingGroups"]]
    return [group for group in found if wanted & set(group.target_group_arns)]


def _group(group: Mapping[str, Any]) -> AutoScalingGroup:
    return AutoScalingGroup(
        name=group["AutoScalingGroupName"],
        target_group_arns=registered_in(group),
        min_size=group["MinSize"],
        max_size=group["MaxSize"],
        desired=group["DesiredCapacity"],
        instances=tuple(
            InstanceReport(i["InstanceId"], i["LifecycleState"], i["HealthStatus"])
            for i in group.get("Instances", ())
        ),
        template=_template(group),
        health_check_type=group.get("HealthCheckType", "EC2"),
        grace_seconds=group.get("HealthCheckGracePeriod", 0),
        subnet_ids=tuple(s for s in group.get("VPCZoneIdentifier", "").split(",") if s),
    )


def _template(group: Mapping[str, Any]) -> TemplateReport:
    source = launch_source(group)
    if source is None:
        return TemplateReport("none", "")
    is_versioned = source.kind is not LaunchKind.CONFIGURATION
    return TemplateReport(
        source.kind.value,
        source.name,
        source.version if is_versioned else None,
        id=source.id if is_versioned else None,
    )


def with_images(ec2: Any, groups: list[AutoScalingGroup]) -> list[AutoScalingGroup]:
    """`groups` with the image that each of their instances runs."""
    ids = [instance.id for group in groups for instance in group.instances]
    images: dict[str, str] = {}
    for start in range(0, len(ids), _MOST_INSTANCES):
        some = ids[start : start + _MOST_INSTANCES]
        # By filter: an instance that has just gone is then left out, where an id is refused.
        found = ec2.get_paginator("describe_instances").paginate(
            Filters=[{"Name": "instance-id", "Values": some}]
        )
        for page in found:
            for reservation in page["Reservations"]:
                images |= {i["InstanceId"]: i["ImageId"] for i in reservation["Instances"]}
    return [
        replace(
            group,
            instances=tuple(replace(i, image_id=images.get(i.id)) for i in group.instances),
        )
        for group in groups
    ]


def with_configurations(autoscaling: Any, groups: list[AutoScalingGroup]) -> list[AutoScalingGroup]:
    """`groups` with the contents of their launch configurations; one call for all."""
    names = [g.template.name for g in groups if g.template.kind == "launch configuration"]
    if not names:
        return groups
    pages = autoscaling.get_paginator("describe_launch_configurations").paginate(
        LaunchConfigurationNames=sorted(set(names))
    )
    found = {
        each["LaunchConfigurationName"]: each
        for page in pages
        for each in page["LaunchConfigurations"]
    }
    return [
        replace(group, template=_as_configured(group.template, found[group.template.name]))
        if group.template.kind == "launch configuration" and group.template.name in found
        else group
        for group in groups
    ]


def _as_configured(template: TemplateReport, configuration: Mapping[str, Any]) -> TemplateReport:
    return replace(
        template,
        image_id=configuration.get("ImageId"),
        instance_type=configuration.get("InstanceType"),
        instance_profile=configuration.get("IamInstanceProfile") or None,
        has_user_data=bool(configuration.get("UserData")),
    )


def with_template(ec2: Any, group: AutoScalingGroup) -> AutoScalingGroup:
    """`group` with the contents of its launch template version; a call of its own."""
    template = group.template
    if template.kind not in ("launch template", "mixed instances policy"):
        return group
    key = "LaunchTemplateId" if template.name.startswith("lt-") else "LaunchTemplateName"
    named = {key: template.name, "Versions": [template.version or "$Default"]}
    try:
        (found,) = ec2.describe_launch_template_versions(**named)["LaunchTemplateVersions"]
    except ClientError as error:
        if not error.response.get("Error", {}).get("Code", "").startswith(_NO_TEMPLATE):
            raise
        return replace(group, template=replace(template, is_gone=True))
    data = found["LaunchTemplateData"]
    profile = data.get("IamInstanceProfile", {})
    return replace(
        group,
        template=replace(
            template,
            image_id=data.get("ImageId"),
            instance_type=data.get("InstanceType"),
            instance_profile=profile.get("Arn") or profile.get("Name"),
            has_user_data=bool(data.get("UserData")),
        ),
    )
