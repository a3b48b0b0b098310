"""The instances of a slot: launch template, Auto Scaling group and scaling policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.extended import extended
from fleets.auto_scaling_group.copied_template import CopiedTemplate
from fleets.auto_scaling_group.keys import NewInstances
from fleets.auto_scaling_group.launch import FLOOR_TAG
from fleets.auto_scaling_group.launch_settings import LaunchSettings, slot_user_data
from fleets.auto_scaling_group.template_data import is_primary
from fleets.auto_scaling_group.volumes import with_volumes
from fleets.kind import FleetPlace

_TAGGED = ("instance", "volume")


def declare_instances(settings: NewInstances, place: FleetPlace) -> aws.ec2.LaunchTemplate:
    """Declare the instances of one build, scaled by their load; returns their launch template.

    A new image is a new numbered template version; the group then replaces its instances by an
    instance refresh that launches before it terminates. The refresh never rolls back by itself: the
    guards and the ramp, which know the weights, judge it.
    """
    template = _declare_template(settings, place)
    group = _declare_group(settings, place, template)
    aws.autoscaling.Policy(
        place.name,
        # Of either metric: another name would be another policy, and this one is protected.
        name=place.context.names.of(place.name, "cpu"),
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration=_tracking(settings, place),
        opts=pulumi.ResourceOptions(parent=place.parent),
    )
    _declare_hooks(settings, place, group)
    return template


def _declare_hooks(settings: NewInstances, place: FleetPlace, group: aws.autoscaling.Group) -> None:
    """The lifecycle hooks, as resources of their own: the group's are for its creation only."""
    for hook in settings.group.lifecycle_hooks:
        aws.autoscaling.LifecycleHook(
            f"{place.name}-{hook['name']}",
            name=hook["name"],
            autoscaling_group_name=group.name,
            lifecycle_transition=f"autoscaling:EC2_INSTANCE_{hook['transition'].upper()}",
            heartbeat_timeout=hook.get("heartbeatSeconds", 3600),
            default_result=hook.get("defaultResult", "ABANDON"),
            notification_metadata=hook.get("metadata"),
            notification_target_arn=hook.get("targetArn"),
            role_arn=hook.get("roleArn"),
            # Not protected, so that the config can take it out.
            opts=pulumi.ResourceOptions(parent=place.parent, protect=False),
        )


def _tracking(
    settings: NewInstances, place: FleetPlace
) -> aws.autoscaling.PolicyTargetTrackingConfigurationArgsDict:
    """What the size follows; the label names the load balancer and the slot's target group.

    Source: Auto Scaling API, PredefinedMetricSpecification.ResourceLabel.
    """
    scaling = settings.group.scaling
    if scaling is not None and scaling.requests_per_target is not None:
        label = pulumi.Output.format(
            "{0}/{1}", place.placement.load_balancer_arn_suffix, place.target_group_arn_suffix
        )
        return {
            "predefined_metric_specification": {
                "predefined_metric_type": "ALBRequestCountPerTarget",
                "resource_label": label,
            },
            "target_value": scaling.requests_per_target,
        }
    own = None if scaling is None else scaling.cpu_percent
    return {
        "predefined_metric_specification": {"predefined_metric_type": "ASGAverageCPUUtilization"},
        "target_value": settings.capacity.cpu_target_percent if own is None else own,
    }


def _declare_template(settings: NewInstances, place: FleetPlace) -> aws.ec2.LaunchTemplate:
    context, service, slot, name = place.context, place.service, place.slot, place.name
    template_name = context.names.of(name, "lt")
    declared = {
        "name": template_name,
        "image_id": settings.image_id,
        "instance_type": settings.capacity.instance_type,
        "user_data": _user_data(settings, place),
        "description": settings.launch.description,
        "tag_specifications": _tag_specifications(settings, place),
        "tags": context.tags(template_name, service.name, slot),
        **_launched(settings, place),
    }
    return aws.ec2.LaunchTemplate(
        name,
        opts=pulumi.ResourceOptions(parent=place.parent, hooks=context.hooks.template),
        **extended(declared, settings.launch.arguments),
    )


def _launched(settings: NewInstances, place: FleetPlace) -> dict[str, Any]:
    """The arguments that a copied template brings, or else those of the program."""
    launch, copied = settings.launch, settings.launch.copied
    given = (
        _own_arguments(settings, place)
        if copied is None
        else _copied_arguments(copied, launch, place)
    )
    if launch.key_name is not None:
        given["key_name"] = launch.key_name
    profile = _profile(place.service.instance_profile)
    return given if profile is None else {**given, "iam_instance_profile": profile}


def _copied_arguments(
    copied: CopiedTemplate, launch: LaunchSettings, place: FleetPlace
) -> dict[str, Any]:
    """Those of the template, with the security groups and the volumes of the config."""
    arguments = dict(copied.arguments)
    interfaces: list[dict[str, Any]] | None = arguments.get("network_interfaces")
    if interfaces is None:
        theirs = arguments.get("vpc_security_group_ids", [])
        arguments["vpc_security_group_ids"] = _groups(theirs, launch, place) or None
    else:
        arguments["network_interfaces"] = [
            {
                **each,
                "security_groups": _groups(each.get("security_groups", []), launch, place) or None,
            }
            if is_primary(each)
            else each
            for each in interfaces
        ]
    if launch.volumes or launch.kms_key_id is not None:
        arguments["block_device_mappings"] = with_volumes(
            arguments.get("block_device_mappings", []), launch.volumes, launch.kms_key_id
        )
    return arguments


def _groups(
    theirs: Sequence[str], launch: LaunchSettings, place: FleetPlace
) -> list[pulumi.Input[str]]:
    """The security groups of an interface: the stack's, those it has, those of the config.

    Those of an adopted service's template let its load balancer in already, as slot 01 shows. The
    stack's would add to what its instances may reach.
    """
    others = dict.fromkeys([*theirs, *launch.security_group_ids])
    is_open = launch.copied is not None and place.service.rule.is_adopted
    return [*others] if is_open else [place.placement.security_group_id, *others]


def _own_arguments(settings: NewInstances, place: FleetPlace) -> dict[str, Any]:
    launch = settings.launch
    return {
        "metadata_options": {
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        "network_interfaces": [
            {
                "device_index": 0,
                "associate_public_ip_address": "false",
                "delete_on_termination": "true",
                "security_groups": _groups((), launch, place),
            }
        ],
        "block_device_mappings": with_volumes(
            [settings.root_volume], launch.volumes, launch.kms_key_id
        ),
    }


def _tag_specifications(
    settings: NewInstances, place: FleetPlace
) -> list[aws.ec2.LaunchTemplateTagSpecificationArgsDict]:
    """The tags of the stack, which win over those of a copied template."""
    context, copied = place.context, settings.launch.copied
    own = context.tags(context.names.of(place.name), place.service.name, place.slot)
    theirs: Mapping[str, Mapping[str, str]] = {} if copied is None else copied.tags
    kinds = [*_TAGGED, *(kind for kind in theirs if kind not in _TAGGED)]
    return [{"resource_type": kind, "tags": {**theirs.get(kind, {}), **own}} for kind in kinds]


def _declare_group(
    settings: NewInstances, place: FleetPlace, template: aws.ec2.LaunchTemplate
) -> aws.autoscaling.Group:
    context, service, capacity = place.context, place.service, settings.capacity
    group_name = settings.group_name
    tags = context.tags(group_name, service.name, place.slot)
    if capacity.floor_size:
        tags[FLOOR_TAG] = str(capacity.floor_size)
    declared: dict[str, Any] = {
        "name": group_name,
        # The scaling policy owns the desired capacity: a value here would undo its work.
        "min_size": capacity.effective_min_size,
        "max_size": capacity.max_size,
        "vpc_zone_identifiers": list(settings.group.subnet_ids) or place.placement.subnet_ids,
        "suspended_processes": list(settings.group.suspended_processes) or None,
        "target_group_arns": [place.target_group_arn],
        **_source(settings, template),
        "health_check_type": "ELB",
        "health_check_grace_period": service.health_check_grace_seconds,
        "default_instance_warmup": service.health_check_grace_seconds,
        "termination_policies": ["OldestLaunchTemplate", "OldestInstance"],
        "instance_refresh": {
            "strategy": "Rolling",
            "preferences": {
                "min_healthy_percentage": 100,
                "max_healthy_percentage": 200,
                "auto_rollback": False,
                "skip_matching": True,
            },
        },
        # The guards and the ramp wait for health; the engine does not, under the stack's lock.
        "wait_for_capacity_timeout": "0",
        # Instances and volumes get their tags from the launch template.
        "tags": [
            {"key": key, "value": value, "propagate_at_launch": False}
            for key, value in tags.items()
        ],
    }
    return aws.autoscaling.Group(
        place.name,
        opts=pulumi.ResourceOptions(parent=place.parent, hooks=context.hooks.group),
        **extended(declared, settings.group.arguments),
    )


def _source(settings: NewInstances, template: aws.ec2.LaunchTemplate) -> dict[str, Any]:
    """What the group launches from: a numbered version, by itself or in a policy of types."""
    version, mixed = template.latest_version.apply(str), settings.group.mixed
    if mixed is None:
        return {"launch_template": {"id": template.id, "version": version}}
    distribution: dict[str, Any] = {
        "on_demand_base_capacity": mixed.on_demand_base,
        "on_demand_percentage_above_base_capacity": mixed.on_demand_percent_above_base,
        "spot_allocation_strategy": mixed.spot_allocation_strategy,
    }
    if mixed.max_price is not None:
        distribution["spot_max_price"] = f"{mixed.max_price:.6f}".rstrip("0").rstrip(".")
    return {
        "mixed_instances_policy": {
            "instances_distribution": distribution,
            "launch_template": {
                "launch_template_specification": {
                    "launch_template_id": template.id,
                    "version": version,
                },
                "overrides": [{"instance_type": each} for each in mixed.instance_types],
            },
        }
    }


def _user_data(settings: NewInstances, place: FleetPlace) -> pulumi.Input[str]:
    """The slot's identity; with user data of the team a secret, since that may hold one."""
    environment = place.context.names.environment
    data = slot_user_data(settings.launch, environment, place.service, place.slot)
    return pulumi.Output.secret(data) if settings.launch.has_user_data else data


def _profile(name_or_arn: str | None) -> aws.ec2.LaunchTemplateIamInstanceProfileArgsDict | None:
    if name_or_arn is None:
        return None
    return {"arn": name_or_arn} if name_or_arn.startswith("arn:") else {"name": name_or_arn}
