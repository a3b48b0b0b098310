"""The instances of a slot: launch template, Auto Scaling group and scaling policy."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from fleets.auto_scaling_group.keys import NewInstances
from fleets.auto_scaling_group.launch import FLOOR_TAG
from fleets.auto_scaling_group.user_data import user_data
from fleets.kind import FleetPlace


def declare_instances(settings: NewInstances, place: FleetPlace) -> aws.ec2.LaunchTemplate:
    """Declare the instances of one build, scaled by their CPU; returns their launch template.

    A new image is a new numbered template version; the group then replaces its instances by an
    instance refresh that launches before it terminates. The refresh never rolls back by itself: the
    guards and the ramp, which know the weights, judge it.
    """
    template = _declare_template(settings, place)
    group = _declare_group(settings, place, template)
    aws.autoscaling.Policy(
        place.name,
        name=place.context.names.of(place.name, "cpu"),
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration={
            "predefined_metric_specification": {
                "predefined_metric_type": "ASGAverageCPUUtilization"
            },
            "target_value": settings.capacity.cpu_target_percent,
        },
        opts=pulumi.ResourceOptions(parent=place.parent),
    )
    return template


def _declare_template(settings: NewInstances, place: FleetPlace) -> aws.ec2.LaunchTemplate:
    context, service, slot, name = place.context, place.service, place.slot, place.name
    capacity = settings.capacity
    template_name = context.names.of(name, "lt")
    instance_tags = context.tags(context.names.of(name), service.name, slot)
    return aws.ec2.LaunchTemplate(
        name,
        name=template_name,
        image_id=settings.image_id,
        instance_type=capacity.instance_type,
        iam_instance_profile=_profile(service.instance_profile),
        user_data=_user_data(settings, place),
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        network_interfaces=[
            {
                "device_index": 0,
                "associate_public_ip_address": "false",
                "delete_on_termination": "true",
                "security_groups": [place.placement.security_group_id],
            }
        ],
        block_device_mappings=[
            {
                "device_name": capacity.root_device_name,
                "ebs": {
                    "encrypted": "true",
                    "volume_type": "gp3",
                    "volume_size": capacity.root_volume_gib,
                    "delete_on_termination": "true",
                },
            }
        ],
        tag_specifications=[
            {"resource_type": kind, "tags": instance_tags} for kind in ("instance", "volume")
        ],
        tags=context.tags(template_name, service.name, slot),
        opts=pulumi.ResourceOptions(parent=place.parent, hooks=context.hooks.template),
    )


def _declare_group(
    settings: NewInstances, place: FleetPlace, template: aws.ec2.LaunchTemplate
) -> aws.autoscaling.Group:
    context, service, capacity = place.context, place.service, settings.capacity
    group_name = settings.group_name
    tags = context.tags(group_name, service.name, place.slot)
    if capacity.floor_size:
        tags[FLOOR_TAG] = str(capacity.floor_size)
    return aws.autoscaling.Group(
        place.name,
        name=group_name,
        # The scaling policy owns the desired capacity: a value here would undo its work.
        min_size=capacity.effective_min_size,
        max_size=capacity.max_size,
        vpc_zone_identifiers=place.placement.subnet_ids,
        target_group_arns=[place.target_group_arn],
        launch_template={
            "id": template.id,
            "version": template.latest_version.apply(str),
        },
        health_check_type="ELB",
        health_check_grace_period=service.health_check_grace_seconds,
        default_instance_warmup=service.health_check_grace_seconds,
        termination_policies=["OldestLaunchTemplate", "OldestInstance"],
        instance_refresh={
            "strategy": "Rolling",
            "preferences": {
                "min_healthy_percentage": 100,
                "max_healthy_percentage": 200,
                "auto_rollback": False,
                "skip_matching": True,
            },
        },
        # The guards and the ramp wait for health; the engine does not, under the stack's lock.
        wait_for_capacity_timeout="0",
        # Instances and volumes get their tags from the launch template.
        tags=[
            {"key": key, "value": value, "propagate_at_launch": False}
            for key, value in tags.items()
        ],
        opts=pulumi.ResourceOptions(parent=place.parent, hooks=context.hooks.group),
    )


def _user_data(settings: NewInstances, place: FleetPlace) -> pulumi.Input[str]:
    """The slot's identity; with user data of the team a secret, since that may hold one."""
    service, own = place.service, settings.launch.user_data
    data = user_data(place.context.names.environment, service.name, place.slot, service.port, own)
    return data if own is None else pulumi.Output.secret(data)


def _profile(name_or_arn: str | None) -> aws.ec2.LaunchTemplateIamInstanceProfileArgsDict | None:
    if name_or_arn is None:
        return None
    return {"arn": name_or_arn} if name_or_arn.startswith("arn:") else {"name": name_or_arn}
