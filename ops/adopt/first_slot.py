"""What slot 01 is made from, in AWS's own forms: whatever slot 02 does not take over is in here."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from fleets.auto_scaling_group.copied_template import is_copied_whole
from fleets.auto_scaling_group.template_data import untranslated
from ops.inspect.calls import Calls, reported
from ops.inspect.document import AutoScalingGroup, TemplateReport
from rollout.json_value import list_of, map_of
from settings.lookup import LaunchTemplateVersion

Described = Mapping[str, Any]
"""Something as a describe gives it."""


@dataclass(frozen=True, slots=True)
class FirstSlot:
    """Everything that AWS reports about a slot 01; empty if it does not exist."""

    launch: Described = field(default_factory=dict[str, Any])
    """The data of its launch template, or its launch configuration."""
    version: LaunchTemplateVersion | None = None
    """Which version of a launch template that is; `None` for a launch configuration."""
    fleet: Described = field(default_factory=dict[str, Any])
    """Its Auto Scaling group. Source: Auto Scaling API, AutoScalingGroup."""
    group: Described = field(default_factory=dict[str, Any])
    """Its target group. Source: ELBv2 API, TargetGroup."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those of the target group."""
    policies: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    images: Mapping[str, Described] = field(default_factory=dict[str, Described])
    """By id: the image that it runs, and the one that slot 02 is to run."""
    has_public_subnets: bool = False
    """Whether a subnet of it gives its instances public addresses."""

    @property
    def copied(self) -> LaunchTemplateVersion | None:
        """What the template of slot 02 is a copy of; `None` where it cannot be one."""
        return None if self.not_copied else self.version

    @property
    def not_copied(self) -> tuple[str, ...]:
        """The fields of its launch template that the stack cannot copy."""
        own = () if is_copied_whole(self.launch) else ("UserData",)
        return (*untranslated(self.launch), *own) if self.version is not None else ()

    def root_device(self, image_id: str) -> str | None:
        """The name of the device that an image boots from."""
        return self.images.get(image_id, {}).get("RootDeviceName")

    def root_volume_gib(self, image_id: str) -> int | None:
        """The size of its root volume, and at least what `image_id` needs; `None`: not known."""
        sizes = [self._image_size(image_id)]
        for own in self.images:
            given = _volume(self.launch, self.root_device(own)).get("VolumeSize")
            sizes.append(given or self._image_size(own))
        return max((size for size in sizes if size), default=None)

    def _image_size(self, image_id: str) -> int | None:
        """The size of the snapshot that an image boots from: a smaller volume does not start."""
        device = self.root_device(image_id)
        return _volume(self.images.get(image_id, {}), device).get("VolumeSize")


def _volume(described: Described, device: str | None) -> Described:
    mappings = described.get("BlockDeviceMappings", ())
    found = (m.get("Ebs") for m in mappings if device and m.get("DeviceName") == device)
    return map_of(next(found, None))


def read_first_slot(
    calls: Calls, fleet: AutoScalingGroup, group_arn: str, images: Collection[str]
) -> FirstSlot:
    """Read all of it; `images`: what it runs, and what slot 02 is to run.

    Raises:
        NotReadableError: AWS gave no answer, or a refusal.
    """
    with contextlib.ExitStack() as open_clients, reported():
        elb, autoscaling, ec2 = (
            open_clients.enter_context(contextlib.closing(calls.client(service)))
            for service in ("elbv2", "autoscaling", "ec2")
        )
        named = {"AutoScalingGroupName": fleet.name}
        groups = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[fleet.name])
        attributes = elb.describe_target_group_attributes(TargetGroupArn=group_arn)["Attributes"]
        subnets = ec2.describe_subnets(SubnetIds=list(fleet.subnet_ids))["Subnets"]
        # By filter: an image that is gone is left out, where an id is refused.
        wanted = [{"Name": "image-id", "Values": sorted(images)}]
        found = list_of(ec2.describe_images(Filters=wanted)["Images"] if images else None)
        policies = autoscaling.get_paginator("describe_policies").paginate(**named)
        hooks = autoscaling.describe_lifecycle_hooks(**named)["LifecycleHooks"]
        schedules = autoscaling.get_paginator("describe_scheduled_actions").paginate(**named)
        launch, version = _launch(autoscaling, ec2, fleet.template)
        return FirstSlot(
            launch=launch,
            version=version,
            fleet=map_of(next(iter(groups["AutoScalingGroups"]), None)),
            group=elb.describe_target_groups(TargetGroupArns=[group_arn])["TargetGroups"][0],
            attributes={each["Key"]: each.get("Value", "") for each in attributes},
            policies=tuple(p["PolicyName"] for page in policies for p in page["ScalingPolicies"]),
            hooks=tuple(hook["LifecycleHookName"] for hook in hooks),
            schedules=tuple(
                action["ScheduledActionName"]
                for page in schedules
                for action in page["ScheduledUpdateGroupActions"]
            ),
            images={image["ImageId"]: image for image in found},
            has_public_subnets=any(subnet.get("MapPublicIpOnLaunch") for subnet in subnets),
        )


def _launch(
    autoscaling: Any, ec2: Any, template: TemplateReport
) -> tuple[Described, LaunchTemplateVersion | None]:
    """What it is launched from, and which version that is now, for `$Latest` too."""
    if template.is_gone or template.kind == "none":
        return {}, None
    if template.kind == "launch configuration":
        found = autoscaling.describe_launch_configurations(
            LaunchConfigurationNames=[template.name]
        )["LaunchConfigurations"]
        return map_of(next(iter(found), None)), None
    key = "LaunchTemplateId" if template.name.startswith("lt-") else "LaunchTemplateName"
    (version,) = ec2.describe_launch_template_versions(
        **{key: template.name, "Versions": [template.version or "$Default"]}
    )["LaunchTemplateVersions"]
    named = LaunchTemplateVersion(version["LaunchTemplateId"], None, int(version["VersionNumber"]))
    return version["LaunchTemplateData"], named
