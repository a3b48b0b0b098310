"""Makes the launch templates and the Auto Scaling groups of an inspected account."""

from __future__ import annotations

import json
import math
from typing import Any

from rehearsal.inspected.document import InspectedFleet, InspectedTemplate, InspectedVersion
from rehearsal.inspected.requests import USER_DATA, encoded, launched, pruned, versions_of
from rehearsal.inspected.selection import CONFIGURATION, TEMPLATE
from rehearsal.inspected.site import ConstructionSite


def make_template(site: ConstructionSite, template: InspectedTemplate) -> None:
    """Make a launch template with all of its versions."""
    ec2 = site.client("ec2")
    site.give(template.id)
    create = ec2.create_launch_template
    for version in versions_of(template):
        create(
            LaunchTemplateName=template.name,
            LaunchTemplateData=_data(site, ec2, version),
            **({"VersionDescription": version.description} if version.description else {}),
        )
        create = ec2.create_launch_template_version
        if version.has_user_data:
            site.note(f"launch template {template.name}: an empty script is its user data")
    ec2.modify_launch_template(
        LaunchTemplateId=template.id, DefaultVersion=str(template.default_version)
    )


def _data(site: ConstructionSite, ec2: Any, version: InspectedVersion) -> Any:
    image = site.images.local(str(version.data.get("ImageId")))
    user_data = encoded(USER_DATA) if version.has_user_data else None
    shape = ec2.meta.service_model.shape_for("RequestLaunchTemplateData")
    return pruned(launched(version.data, image, user_data), shape)


def make_fleet(site: ConstructionSite, fleet: InspectedFleet) -> None:
    """Make an Auto Scaling group; its instances have a grace period that local boots need."""
    source = fleet.template
    if source.kind == CONFIGURATION:
        launches: dict[str, Any] = {"LaunchConfigurationName": _configuration(site, source.name)}
    else:
        named = {"LaunchTemplateId": source.id, "Version": source.version or "$Default"}
        launches = {"LaunchTemplate": named}
        if source.kind != TEMPLATE:
            site.note(f"Auto Scaling group {fleet.name}: one instance type, without a mix")
    site.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=fleet.name,
        MinSize=fleet.min_size,
        MaxSize=fleet.max_size,
        DesiredCapacity=fleet.desired,
        VPCZoneIdentifier=",".join(fleet.subnet_ids),
        TargetGroupARNs=[site.made[a] for a in fleet.target_group_arns if a in site.made],
        HealthCheckType=fleet.health_check_type,
        HealthCheckGracePeriod=math.ceil(2 * site.boot_seconds) + 1,
        **launches,
    )


def _configuration(site: ConstructionSite, name: str) -> str:
    """Make a launch configuration, once."""
    if name not in site.made:
        (found,) = [c for c in site.account.launch_configurations if c.name == name]
        autoscaling = site.client("autoscaling")
        model = autoscaling.meta.service_model.operation_model("CreateLaunchConfiguration")
        image = site.images.local(str(found.data.get("ImageId")))
        data = launched(found.data, image, USER_DATA if found.has_user_data else None)
        asked = pruned(json.loads(json.dumps(data)), model.input_shape)
        autoscaling.create_launch_configuration(**{**asked, "LaunchConfigurationName": name})
        site.made[name] = name
        if found.has_user_data:
            site.note(f"launch configuration {name}: an empty script is its user data")
    return name
