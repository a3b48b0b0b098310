"""What the config sets of a slot's launch template beside image and instance type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fleets.auto_scaling_group.copied_template import CopiedTemplate, read_source
from fleets.auto_scaling_group.home import home, own_or_shared
from fleets.auto_scaling_group.launch import description_of
from fleets.auto_scaling_group.user_data import rejected, user_data
from fleets.auto_scaling_group.volumes import DeviceMapping, devices_without_size, root_volume
from fleets.kind import SlotSections
from rollout.split import Slot
from settings.arguments import INTERFACES
from settings.capacity import Capacity
from settings.declaration import command
from settings.declaration.key import Key, KeyGroup, Member
from settings.declaration.section import Section
from settings.launch_template import LaunchTemplate, UserData
from settings.lookup import LookupFailedError

if TYPE_CHECKING:
    from settings.service import ServiceSettings

_OWNED_OF_INTERFACE = {
    "securityGroups": "those of the first interface are the key launchTemplate.securityGroupIds",
    "subnetId": "the subnets are the key autoScalingGroup.subnetIds",
    "networkInterfaceId": "each instance of a group has interfaces of its own",
}


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """The launch template of a slot, as far as the config sets it."""

    user_data: str | None = field(default=None, repr=False)
    """A shell script or cloud-config; `None` for what else the slot boots with."""
    copied: CopiedTemplate | None = None
    """What the template is made from; `None` for one of the program's own."""
    security_group_ids: tuple[str, ...] = ()
    """Beside the stack's, and those of the copied template."""
    key_name: str | None = None
    kms_key_id: str | None = None
    """The ARN of the key of every volume; `None` for what each has otherwise."""
    volumes: tuple[Mapping[str, Any], ...] = ()
    """As the config has them."""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Further ones of `aws.ec2.LaunchTemplate`, by their Pulumi names."""

    @property
    def description(self) -> str | None:
        """The description of the version, which names what it is a copy of."""
        return None if self.copied is None else description_of(str(self.copied.version))

    @property
    def has_user_data(self) -> bool:
        """Whether the instances boot with more than the slot's identity."""
        return self.user_data is not None or (
            self.copied is not None and self.copied.user_data is not None
        )


def slot_user_data(
    launch: LaunchSettings, environment: str, service: ServiceSettings, slot: Slot
) -> str:
    """The user data of a slot's instances, in base64."""
    copied = None if launch.copied is None else launch.copied.user_data
    return user_data(environment, service.name, slot, service.port, launch.user_data, copied=copied)


def read_launch(sections: SlotSections, capacity: Capacity) -> LaunchSettings:
    """A slot's own values over the service's; problems are recorded in the sections."""
    own_data, source = (
        _home(sections, group) for group in (LaunchTemplate.user_data, LaunchTemplate.source)
    )
    text = None if own_data is None else _read_user_data(own_data, sections)
    copied = None
    if source is not None:
        copied = read_source(source, sections, has_own_data=own_data is not None)
    launch = LaunchSettings(
        text,
        copied,
        security_group_ids=own_or_shared(
            sections, Capacity.launch_template, LaunchTemplate.security_group_ids
        ),
        key_name=own_or_shared(sections, Capacity.launch_template, LaunchTemplate.key_name),
        kms_key_id=own_or_shared(sections, Capacity.launch_template, LaunchTemplate.kms_key_id),
        volumes=own_or_shared(sections, Capacity.launch_template, LaunchTemplate.volumes),
        arguments=own_or_shared(sections, Capacity.launch_template, LaunchTemplate.arguments) or {},
    )
    _reject_volumes(launch, capacity, sections, has_source=source is not None)
    _reject_arguments(launch, sections)
    return launch


def _reject_arguments(launch: LaunchSettings, sections: SlotSections) -> None:
    """Record arguments that contradict another key, or take an interface from the group."""
    key = LaunchTemplate.arguments
    section = _launch_home(sections, key)
    if "blockDeviceMappings" in launch.arguments and (launch.volumes or launch.kms_key_id):
        beside = "volumes and kmsKeyId" if launch.volumes and launch.kms_key_id else "volumes"
        beside = beside if launch.volumes else "kmsKeyId"
        expected = f"not beside {beside}, which sets the volumes"
        section.reject_part(key, ".blockDeviceMappings", expected)
    for place, interface in enumerate(launch.arguments.get(INTERFACES, ())):
        owned = dict(_OWNED_OF_INTERFACE)
        if interface.get("deviceIndex") or interface.get("networkCardIndex"):
            del owned["securityGroups"]
        for name in owned.keys() & interface.keys():
            expected = f"not in arguments: {owned[name]}"
            section.reject_part(key, f".{INTERFACES}[{place}].{name}", expected)


def _home(sections: SlotSections, group: KeyGroup[Any]) -> Section | None:
    """The map under `group` of the slot, or else of its service; `None` where neither has it."""
    launch = _launch_home(sections, group)
    return launch.section(group) if launch.has(group) else None


def _launch_home(sections: SlotSections, member: Member) -> Section:
    """The `launchTemplate` of the slot if it has `member`, or else its service's."""
    return home(sections, Capacity.launch_template, member)


def _reject_volumes(
    launch: LaunchSettings, capacity: Capacity, sections: SlotSections, *, has_source: bool
) -> None:
    """Record volumes that EC2 would not make, and a key or a size that nothing would have."""
    volumes, kms = LaunchTemplate.volumes, LaunchTemplate.kms_key_id
    of_volumes = _launch_home(sections, volumes)
    if not of_volumes.is_sound(volumes) or (has_source and launch.copied is None):
        return
    copied = launch.copied
    mappings: Sequence[DeviceMapping] = (
        [root_volume(capacity.root_device_name, capacity.root_volume_gib)]
        if copied is None
        else copied.arguments.get("block_device_mappings", ())
    )
    for place in devices_without_size(mappings, launch.volumes):
        of_volumes.reject_field(volumes, place, "sizeGib", "the size of the volume, in GiB", 100)
    of_root = [each for each in launch.volumes if each["deviceName"] == capacity.root_device_name]
    is_of_service = of_volumes.path == sections.capacity.section(Capacity.launch_template).path
    if is_of_service and any("sizeGib" in each for each in of_root):
        beside = f"the sizeGib of {capacity.root_device_name} in {of_volumes.path}.{volumes.name}"
        sections.capacity.reject_idle(beside, Capacity.root_volume_gib)
    of_key = _launch_home(sections, kms)
    if launch.kms_key_id is None or copied is None or not of_key.is_sound(kms):
        return
    if not launch.volumes and not mappings:
        of_key.reject_idle("a copy of a template without volumes: name the root in volumes", kms)
    for mapping in mappings:
        if mapping.get("ebs", {}).get("snapshot_id"):
            of_key.reject(
                kms,
                f"no key: {mapping['device_name']} of the template is made from a snapshot, which "
                "decides on its encryption",
                command.removing(command.joined(of_key.path, kms.name)),
            )


def _read_user_data(section: Section, sections: SlotSections) -> str | None:
    given = UserData.read(section)
    if section.has(UserData.file) and section.has(UserData.text):
        section.reject_idle("file: user data is from a file or here as text", UserData.text)
        return None
    if not section.is_sound(UserData.file, UserData.text):
        return None
    if given.file is None and given.text is None:
        section.reject(UserData.file, f"{UserData.file.kind.expected}; or text in its place")
        return None
    key: Key[str | None] = UserData.file if given.file is not None else UserData.text
    text = given.text if given.file is None else _read_file(given.file, section, sections)
    if text is None:
        return None
    expected = rejected(text, sections.names.environment, sections.service, sections.slot)
    if expected is not None:
        section.reject(key, expected)
    return text


def _read_file(path: str, section: Section, sections: SlotSections) -> str | None:
    """The text of a file; `None` where it cannot be had, or where nothing is looked up."""
    if sections.lookups is None:
        return None
    try:
        return sections.lookups.project_file(path).decode()
    except LookupFailedError as error:
        section.reject(UserData.file, f"a file that can be read; {error}")
    except UnicodeDecodeError:
        section.reject(UserData.file, "a text file in UTF-8; compressed user data is not taken")
    return None
