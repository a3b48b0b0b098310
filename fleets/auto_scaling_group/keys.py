"""The config of a slot's Auto Scaling group: an existing one, or one of ours."""

from __future__ import annotations

from dataclasses import dataclass

from fleets.auto_scaling_group.group_settings import GroupSettings, read_group
from fleets.auto_scaling_group.launch_settings import LaunchSettings, read_launch
from fleets.auto_scaling_group.volumes import DeviceMapping, root_volume
from fleets.kind import FleetSettings, SlotSections
from rollout.command import Command
from settings.capacity import Capacity, read_capacity
from settings.declaration.key import Key, KeyGroup, key, required
from settings.declaration.kind import Text
from settings.declaration.section import Section
from settings.image import found_image, reject_idle_image
from settings.lookup import LookupFailedError, region_of
from settings.target_group import ExistingTargetGroup

_GROUP_NAME = Text(
    r"[!-9;-~]{1,255}", "the name of an Auto Scaling group, without spaces or colons"
)
WAIT = "wait"
WRITE = "write"
_ATTACHED = "once attached, its instances take requests beside the other targets of that group"


@dataclass(frozen=True, kw_only=True)
class ExistingInstances(FleetSettings):
    """An existing Auto Scaling group, with instances of its own."""

    group_name: Key[str] = required(
        "shop-web",
        _GROUP_NAME,
        "An existing Auto Scaling group. It is not changed, and keeps its image and capacity.",
        name="existing",
        offer="AUTO_SCALING_GROUP_NAME",
    )
    floor: Key[str] = key(
        WAIT,
        Text(f"{WAIT}|{WRITE}", f"{WAIT} or {WRITE}", "word"),
        f"What a ramp does where the existing group has too few instances: `{WAIT}` waits until "
        f"it has enough, `{WRITE}` raises its min, and gives it back at the end of the ramp.",
        example=WRITE,
    )


@dataclass(frozen=True, kw_only=True)
class NewInstances(FleetSettings):
    """A launch template and an Auto Scaling group to make."""

    group_name: Key[str] = required(
        "shop-web-asg", _GROUP_NAME, "A name in place of the conventional one.", name="name"
    )
    image_id: str
    capacity: Capacity
    launch: LaunchSettings
    group: GroupSettings

    @property
    def root_volume(self) -> DeviceMapping:
        """The root volume of a template without `from`, before `volumes` of the config."""
        return root_volume(self.capacity.root_device_name, self.capacity.root_volume_gib)


GROUP: KeyGroup[NewInstances | ExistingInstances] = KeyGroup(
    "The slot's Auto Scaling group, if it exists already or has another name.",
    ExistingInstances,
    NewInstances,
    name="autoScalingGroup",
)


def read_instances(sections: SlotSections) -> NewInstances | ExistingInstances:
    """The Auto Scaling group of a slot; problems are recorded in the sections."""
    name, own = _read_name(sections), sections.own.section(GROUP)
    if own.has(ExistingInstances.group_name):
        reject_idle_image(
            sections.images, sections.slot, f"the existing {GROUP.name} of slot {sections.slot}"
        )
        return ExistingInstances(
            group_name=name, floor=sections.own.section(GROUP).read(ExistingInstances.floor)
        )
    capacity = read_capacity(sections.capacity, sections.slot)
    return NewInstances(
        group_name=name,
        image_id=found_image(sections.images, sections.slot, sections.lookups),
        capacity=capacity,
        launch=read_launch(sections, capacity),
        group=read_group(sections, capacity),
    )


def _read_name(sections: SlotSections) -> str:
    """The name of the group, existing or ours."""
    own = sections.own.section(GROUP)
    if own.has(ExistingInstances.group_name):
        own.reject_idle("existing", NewInstances.group_name)
        if not sections.target_group.has(ExistingTargetGroup.name_or_arn):
            sections.target_group.reject(
                ExistingTargetGroup.name_or_arn,
                "the target group that the existing Auto Scaling group is attached to",
            )
        return own.read(ExistingInstances.group_name)
    own.reject_idle("a group of the stack", ExistingInstances.floor)
    is_named = own.has(NewInstances.group_name) or not own.is_sound(NewInstances.group_name)
    if is_named:
        return own.read(NewInstances.group_name)
    return sections.names.of_slot(sections.service, sections.slot, "asg")


def reject_detached(group_name: str, target_group_arn: str, sections: SlotSections) -> None:
    """Record an existing Auto Scaling group whose instances are not in the slot's target group."""
    own: Section = sections.own.section(GROUP)
    if sections.lookups is None or not own.is_sound(ExistingInstances.group_name):
        return
    try:
        facts = sections.lookups.auto_scaling_group(group_name)
    except LookupFailedError as error:
        own.reject(ExistingInstances.group_name, f"an Auto Scaling group that can be read; {error}")
        return
    if facts.has_weights:
        own.reject(
            ExistingInstances.group_name,
            "an Auto Scaling group whose instance types have no weights: guards and ramps count "
            "instances, and its sizes count units",
        )
        return
    if target_group_arn and target_group_arn not in facts.target_group_arns:
        named = sections.target_group.read(ExistingTargetGroup.name_or_arn)
        own.reject(
            ExistingInstances.group_name,
            f"an Auto Scaling group that is attached to {named}; {_ATTACHED}",
            Command.of_aws(
                "autoscaling",
                "attach-traffic-sources",
                {
                    "auto-scaling-group-name": group_name,
                    "traffic-sources": [{"Identifier": target_group_arn, "Type": "elbv2"}],
                },
                region=region_of(target_group_arn),
                moves=_ATTACHED,
            ),
        )
