"""The instances of a slot: launch template, Auto Scaling group and scaling policy."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.guards.hooks import Hooks
from components.tags import Tags
from components.user_data import user_data
from rollout.guard_case import FLOOR_TAG
from rollout.split import Slot
from settings.names import Names
from settings.service import ServiceSettings
from settings.slot import NewInstances


class InstancesArgs(TypedDict):
    """What the instances of a slot are made from."""

    names: Names
    """The convention of every name."""
    tags: Tags
    """The tags of every resource."""
    service: ServiceSettings
    """The service that they run."""
    slot: Slot
    """The slot that they are in."""
    instances: NewInstances
    """Their image and capacity."""
    subnet_ids: pulumi.Input[list[str]]
    """Where they lie."""
    security_group_id: pulumi.Input[str]
    """What lets the load balancer, and nobody else, reach them."""
    target_group_arn: pulumi.Input[str]
    """The target group that they are registered in."""
    hooks: Hooks
    """What the guards bind to."""


def declare_instances(
    parent: pulumi.Resource, name: str, args: InstancesArgs
) -> aws.ec2.LaunchTemplate:
    """Instances of one build, as many as their CPU asks for; gives their launch template.

    A new image is a new numbered template version, and the group then renews its instances by an
    instance refresh that launches before it terminates. The refresh goes back by no alarm and no
    failure of its own: where it stands is for those to judge who know the weights.
    """
    template = _declare_template(parent, name, args)
    group = _declare_group(parent, name, args, template)
    aws.autoscaling.Policy(
        name,
        name=args["names"].of(name, "cpu"),
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration={
            "predefined_metric_specification": {
                "predefined_metric_type": "ASGAverageCPUUtilization"
            },
            "target_value": args["instances"].capacity.cpu_target_percent,
        },
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return template


def _declare_template(
    parent: pulumi.Resource, name: str, args: InstancesArgs
) -> aws.ec2.LaunchTemplate:
    service, capacity = args["service"], args["instances"].capacity
    template_name = args["names"].of(name, "lt")
    instance_tags = args["tags"].of(args["names"].of(name), service.name, args["slot"])
    return aws.ec2.LaunchTemplate(
        name,
        name=template_name,
        image_id=args["instances"].image_id,
        instance_type=capacity.instance_type,
        iam_instance_profile=_profile(service.instance_profile),
        user_data=user_data(args["names"].environment, service.name, args["slot"], service.port),
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
                "security_groups": [args["security_group_id"]],
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
        tags=args["tags"].of(template_name, service.name, args["slot"]),
        opts=pulumi.ResourceOptions(parent=parent, hooks=args["hooks"].template),
    )


def _declare_group(
    parent: pulumi.Resource, name: str, args: InstancesArgs, template: aws.ec2.LaunchTemplate
) -> aws.autoscaling.Group:
    service, capacity = args["service"], args["instances"].capacity
    group_name = args["instances"].group_name
    tags = args["tags"].of(group_name, service.name, args["slot"])
    if capacity.floor_size:
        tags[FLOOR_TAG] = str(capacity.floor_size)
    return aws.autoscaling.Group(
        name,
        name=group_name,
        # The desired number belongs to the scaling policy: to set it here would undo its work.
        min_size=capacity.effective_min_size,
        max_size=capacity.max_size,
        vpc_zone_identifiers=args["subnet_ids"],
        target_group_arns=[args["target_group_arn"]],
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
        # Health is waited for where it is judged, not while the engine holds the stack's lock.
        wait_for_capacity_timeout="0",
        # Instances and volumes get theirs from the launch template.
        tags=[
            {"key": key, "value": value, "propagate_at_launch": False}
            for key, value in tags.items()
        ],
        opts=pulumi.ResourceOptions(parent=parent, hooks=args["hooks"].group),
    )


def _profile(name_or_arn: str | None) -> aws.ec2.LaunchTemplateIamInstanceProfileArgsDict | None:
    if name_or_arn is None:
        return None
    return {"arn": name_or_arn} if name_or_arn.startswith("arn:") else {"name": name_or_arn}
