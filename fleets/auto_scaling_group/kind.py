"""The kind `autoScalingGroup`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fleets.auto_scaling_group.group_settings import check_subnets
from fleets.auto_scaling_group.keys import (
    GROUP,
    WRITE,
    ExistingInstances,
    NewInstances,
    read_instances,
    reject_detached,
)
from fleets.auto_scaling_group.launch import FLOOR_TAG, IMAGE, parts_of
from fleets.auto_scaling_group.launch_settings import slot_user_data
from fleets.kind import (
    NOTHING_DECLARED,
    DeclaredFleet,
    FleetPlace,
    FleetSettings,
    Kind,
    Resources,
    SlotSections,
)
from rollout.command import Command, config_set
from rollout.fleet import Fleet, Revision, WantedFleet
from rollout.json_value import map_of
from rollout.split import Slot
from settings.declaration.key import Key, KeyGroup, Member

if TYPE_CHECKING:
    from live.clients import Clients
    from live.reader import FleetReader
    from settings.service import ServiceSettings

_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_GROUP = "aws:autoscaling/group:Group"


class AutoScalingGroupKind(Kind):
    """An Auto Scaling group with its launch template: ours, or the team's."""

    key: ClassVar[str] = "autoScalingGroup"
    noun: ClassVar[str] = "an Auto Scaling group"
    absent: ClassVar[str] = "its target group has none, or more than one"
    has_templates: ClassVar[bool] = True
    has_instance_access: ClassVar[bool] = True
    theirs: ClassVar[str] = "the existing autoScalingGroup"
    target_types: ClassVar[frozenset[str]] = frozenset({"instance"})

    def wants(self, fleet: Fleet) -> str:
        """The desired capacity of the group."""
        return f"its group wants {fleet.desired}"

    def launches(self, fleet: Fleet) -> str:
        """The version of the template that the group launches."""
        return f"its group launches {fleet.pinned}"

    def grown(self, fleet: Fleet, needed: int) -> str:
        """The command that raises the min of a group that is not the stack's."""
        sizes = {"min-size": str(needed)}
        if fleet.most is not None and needed > fleet.most:
            sizes["max-size"] = str(needed)
        name = {"auto-scaling-group-name": fleet.name}
        raised = Command.of_aws(
            "autoscaling", "update-auto-scaling-group", {**name, **sizes}, region=fleet.region
        )
        return str(raised)

    def restored(self, service: str, slot: Slot, was: Revision) -> str:
        """The image is one value of the config."""
        return str(config_set(f'failover:images.{service}["{slot}"]', was.parts[IMAGE]))

    def holding(self, service: str, slot: Slot) -> str:
        """The floor of an existing group is one value of the config."""
        path = f'failover:services.{service}.slots["{slot}"].{self.key}'
        return str(config_set(f"{path}.{ExistingInstances.floor.name}", WRITE))

    @property
    def member(self) -> Member:
        """A map: an existing group, or a name for ours."""
        return GROUP

    def read_settings(self, sections: SlotSections) -> FleetSettings:
        """An existing group, or ours with its image and its capacity."""
        return read_instances(sections)

    def is_made(self, settings: FleetSettings) -> bool:
        """Whether it is a group of ours."""
        return isinstance(settings, NewInstances)

    def check(self, settings: FleetSettings, target_group_arn: str, sections: SlotSections) -> None:
        """An existing group must fill the slot's target group."""
        if isinstance(settings, ExistingInstances):
            reject_detached(settings.group_name, target_group_arn, sections)

    def check_network(
        self, settings: FleetSettings, sections: SlotSections, vpc_id: str | None
    ) -> None:
        """Subnets of the config must be of the network's VPC."""
        if isinstance(settings, NewInstances):
            check_subnets(settings.group, sections, vpc_id)

    def notes(self, settings: FleetSettings) -> Sequence[str]:
        """The suspended processes of a group of ours, and a later version of what it copies."""
        if not isinstance(settings, NewInstances):
            return ()
        copied = settings.launch.copied
        return (*settings.group.notes, *(copied.notes if copied is not None else ()))

    def owned_name(self, settings: FleetSettings) -> tuple[KeyGroup[Any], Key[Any], str] | None:
        """The group's name."""
        if isinstance(settings, ExistingInstances):
            return GROUP, ExistingInstances.group_name, settings.group_name
        assert isinstance(settings, NewInstances)
        return GROUP, NewInstances.group_name, settings.group_name

    def wanted(
        self, settings: FleetSettings, environment: str, service: ServiceSettings, slot: Slot
    ) -> WantedFleet:
        """Of a group of ours its build and its size; of an existing one its name."""
        if isinstance(settings, ExistingInstances):
            return WantedFleet(self, settings.group_name)
        assert isinstance(settings, NewInstances)
        capacity = settings.capacity
        return WantedFleet(
            kind=self,
            name=settings.group_name,
            parts=parts_of(
                settings.image_id,
                slot_user_data(settings.launch, environment, service, slot),
                capacity.instance_type,
                settings.launch.description or "",
            ),
            least=capacity.effective_min_size,
            most=capacity.max_size,
            floor=capacity.floor_size,
        )

    def makes(self, slot: Mapping[str, Any]) -> bool:
        """Whether the slot's group is not an existing one."""
        return ExistingInstances.group_name.name not in map_of(slot.get(self.key))

    def writes_floor(self, slot: Mapping[str, Any]) -> bool:
        """Whether the slot's group is an existing one whose `floor` is `write`."""
        own = map_of(slot.get(self.key))
        return not self.makes(slot) and own.get(ExistingInstances.floor.name) == WRITE

    def set_floor(self, clients: Clients, fleet: Fleet, floor: int | None) -> None:
        """Raise the min of the group, or give it back."""
        from fleets.auto_scaling_group.floor import give_back, hold

        if floor is None:
            give_back(clients, fleet.name)
        else:
            hold(clients, fleet.name, floor)

    def reader(self, clients: Clients) -> FleetReader:
        """Finds the groups among all of the account once, then reads them by name."""
        from fleets.auto_scaling_group.reading import Groups
        from fleets.auto_scaling_group.revisions import Revisions

        return Groups(clients, Revisions(clients.compute, clients.scaling), self)

    def declare(self, settings: FleetSettings, place: FleetPlace) -> DeclaredFleet:
        """The launch template, the group and its scaling policy; nothing for an existing group."""
        if not isinstance(settings, NewInstances):
            return NOTHING_DECLARED
        from fleets.auto_scaling_group.component import declare_instances

        return DeclaredFleet(declare_instances(settings, place).image_id)

    def recorded(self, name: str, resources: Resources) -> WantedFleet | None:
        """The group and the template in the state."""
        template, group = resources.get((_TEMPLATE, name)), resources.get((_GROUP, name), {})
        if template is None and not group:
            return None
        listed: list[dict[str, str]] = group.get("tags") or []
        tags = {tag["key"]: tag["value"] for tag in listed}
        return WantedFleet(
            kind=self,
            name=group.get("name", ""),
            parts=None
            if template is None
            else parts_of(
                template.get("imageId") or "",
                template.get("userData") or "",
                template.get("instanceType") or "",
                template.get("description") or "",
            ),
            least=int(group.get("minSize", 0)),
            most=int(group.get("maxSize", 0)),
            floor=int(tags.get(FLOOR_TAG, 0)),
        )


AUTO_SCALING_GROUP = AutoScalingGroupKind()
