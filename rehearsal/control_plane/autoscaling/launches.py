"""Launches an instance from a launch template version or a launch configuration.

As an Auto Scaling group does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models import EC2Backend
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.utils import convert_tag_spec

from rehearsal.control_plane.autoscaling.group import Activity, Member, TemplateVersion
from rehearsal.control_plane.autoscaling.purchase import Purchase
from rehearsal.control_plane.autoscaling.refresh import TemplateRequest
from rehearsal.control_plane.world import epoch_of, timestamp
from rollout.json_value import map_of

GROUP_NAME_TAG = "aws:autoscaling:groupName"


class LaunchError(Exception):
    """EC2 refused the launch; the message is what the scaling activity shows."""


@dataclass(frozen=True, slots=True)
class LaunchSpecification:
    """What instances are launched from."""

    data: Mapping[str, Any]
    """In the words of EC2's LaunchTemplateData, whatever it comes from."""
    template: TemplateVersion | None
    """None for a launch configuration."""
    configuration_name: str | None
    """None for a launch template."""
    is_spot: bool = False

    def bought(self, purchase: Purchase | None) -> LaunchSpecification:
        """With the type that a mixed instances policy has chosen."""
        if purchase is None:
            return self
        chosen = {"InstanceType": purchase.instance_type} if purchase.instance_type else {}
        return replace(self, data={**self.data, **chosen}, is_spot=purchase.is_spot)

    @classmethod
    def of_template(cls, version: LaunchTemplateVersion) -> LaunchSpecification:
        """From a launch template version."""
        return cls(version.data, identified(version), None)

    @classmethod
    def of_configuration(cls, configuration: Any) -> LaunchSpecification:
        """From moto's launch configuration."""
        public = configuration.associate_public_ip_address
        data = {
            "ImageId": configuration.image_id,
            "InstanceType": configuration.instance_type,
            "KeyName": configuration.key_name,
            "UserData": configuration.user_data,
            "SecurityGroupIds": list(configuration.security_groups),
            "NetworkInterfaces": [{"AssociatePublicIpAddress": public}] if public else [],
            "EbsOptimized": configuration.ebs_optimized,
            "Monitoring": {"Enabled": configuration.instance_monitoring_enabled},
            "MetadataOptions": configuration.metadata_options or {},
            "BlockDeviceMappings": configuration.block_device_mapping_dict or [],
        }
        return cls(data, None, configuration.name)


def specification_of(ec2: EC2Backend, group: Any) -> LaunchSpecification:
    """What moto's group `group` launches from now.

    Raises:
        LaunchError: its template or the version is not there.
    """
    if group.ec2_launch_template is None:
        return LaunchSpecification.of_configuration(group.launch_config)
    return LaunchSpecification.of_template(resolved(ec2, requested_template(group)))


def requested_template(group: Any) -> TemplateRequest:
    """The template and version that moto's group `group` is set to, as it was asked for."""
    template = group.ec2_launch_template
    return TemplateRequest(template.id, template.name, group.provided_launch_template_version)


def resolved(ec2: EC2Backend, request: TemplateRequest) -> LaunchTemplateVersion:
    """The version that a request means now.

    Raises:
        LaunchError: the template or the version is not there.
    """
    try:
        template = ec2.get_launch_template(request.template_id)
        return template.get_version(request.version or "$Default")
    except ServiceException as error:
        raise LaunchError(str(error.message)) from error


def identified(version: LaunchTemplateVersion) -> TemplateVersion:
    """The version by its numbers, free of moto's objects."""
    template = version.template
    created_at = epoch_of(template.create_time)
    return TemplateVersion(template.id, template.name, version.number, created_at)


def subnet_for_next(ec2: EC2Backend, subnet_ids: Sequence[str], members: Sequence[Member]) -> str:
    """The subnet for one more instance: in the zone with fewest, then the emptiest subnet."""
    zones = Counter(m.availability_zone for m in members)
    subnets = Counter(m.instance.subnet_id for m in members)
    return min(
        subnet_ids,
        key=lambda s: (zones[ec2.get_subnet(s).availability_zone], subnets[s]),
    )


def image_of(ec2: EC2Backend, data: Mapping[str, Any]) -> Any:
    """Moto's image that a specification's data names.

    Raises:
        LaunchError: it does not exist, or is named in a way that the rehearsal does not resolve.
    """
    image_id: str = data.get("ImageId", "")
    if image_id.startswith("resolve:ssm:"):
        raise LaunchError(f"The image id '{image_id}': not supported by the rehearsal.")
    if image_id not in ec2.amis:
        raise LaunchError(f"The image id '[{image_id}]' does not exist")
    return ec2.amis[image_id]


def launch_instance(
    ec2: EC2Backend, group: Any, specification: LaunchSpecification, subnet_id: str, now: float
) -> Any:
    """Run one instance for `group`; moto's instance is returned.

    Raises:
        LaunchError: EC2 refuses it, as for an image that does not exist.
    """
    data = specification.data
    image = image_of(ec2, data)
    try:
        reservation = ec2.run_instances(
            image.id,
            1,
            data.get("UserData"),
            [],
            subnet_id=subnet_id,
            region_name=ec2.region_name,
            tags=_tags(group, data),
            block_device_mappings=_volumes(image, data),
            **_as_run(specification),
        )
    except ServiceException as error:
        raise LaunchError(f"{error.message} Launching EC2 instance failed.") from error
    instance = reservation.instances[0]
    instance.launch_time = timestamp(now)
    return instance


def _as_run(specification: LaunchSpecification) -> dict[str, Any]:
    """A specification, as the arguments of moto's `run_instances`."""
    data, template = specification.data, specification.template
    interface = map_of(next(iter(data.get("NetworkInterfaces", [])), None))
    monitored = data.get("Monitoring", {}).get("Enabled") is True
    named = {}
    if template is not None:
        named = {"LaunchTemplateId": template.template_id, "Version": str(template.number)}
    return {
        "launch_template": named,
        "lifecycle": "spot" if specification.is_spot else None,
        "instance_type": data.get("InstanceType", "m1.small"),
        "is_instance_type_default": False,
        "security_group_ids": [*data.get("SecurityGroupIds", []), *interface.get("Groups", [])],
        "key_name": data.get("KeyName"),
        "associate_public_ip": interface.get("AssociatePublicIpAddress"),
        "ebs_optimized": data.get("EbsOptimized", False),
        "monitoring_state": "enabled" if monitored else "disabled",
        "metadata_options": data.get("MetadataOptions", {}),
    }


def _tags(group: Any, data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Tags of the template, those that the group propagates, and AWS's own."""
    tags = convert_tag_spec(data.get("TagSpecifications", []))
    of_group = {**group.get_propagated_tags(), GROUP_NAME_TAG: group.name}
    return {
        "instance": {**tags.get("instance", {}), **of_group},
        "volume": tags.get("volume", {}),
    }


def _volumes(image: Any, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The root volume and those of the template, with EC2's defaults for what it leaves out."""
    defaults = {"VolumeSize": 8, "VolumeType": "gp3", "DeleteOnTermination": True}
    asked = {image.root_device_name: dict[str, Any]()}
    for mapping in data.get("BlockDeviceMappings", []):
        asked[mapping["DeviceName"]] = mapping.get("Ebs", {})
    return [
        {"DeviceName": device, "Ebs": {**defaults, **settings}}
        for device, settings in asked.items()
    ]


def new_member(
    group: Any,
    instance: Any,
    specification: LaunchSpecification,
    activity: Activity,
    now: float,
) -> Member:
    """The member that a launched instance is from now on."""
    activity.description = f"Launching a new EC2 instance: {instance.id}"
    instance.autoscaling_group = group
    return Member(
        instance=instance,
        auto_scaling_group_name=group.name,
        template=specification.template,
        launch_configuration_name=specification.configuration_name,
        launched_at=now,
        launch=activity,
        protected_from_scale_in=bool(group.new_instances_protected_from_scale_in),
    )
