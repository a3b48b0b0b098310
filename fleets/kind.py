"""What a kind of fleet defines: its words, its config, how it is read, declared and recorded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rollout.fleet import Fleet, Revision, WantedFleet
from rollout.split import Slot
from settings.declaration.key import ConfigMap, Key, KeyGroup, Member
from settings.declaration.section import Section
from settings.lookup import Lookups
from settings.names import Names

if TYPE_CHECKING:
    import pulumi

    from components.context import Context, Placement
    from live.clients import Clients
    from live.reader import FleetReader
    from settings.service import ServiceSettings

Resources = Mapping[tuple[str, str], Mapping[str, Any]]
"""The outputs of every resource that the stack recorded, by its type and its logical name."""


@dataclass(frozen=True, slots=True)
class SlotSections:
    """Where the settings of one slot stand, and what they are named by."""

    service: str
    slot: Slot
    own: Section
    """The slot's own map."""
    target_group: Section
    images: Section
    capacity: Section
    names: Names
    lookups: Lookups | None
    """`None` where AWS is not asked."""


class FleetSettings(ConfigMap):
    """The fleet of one slot, as the config has it; each kind has classes of its own."""


@dataclass(frozen=True, slots=True)
class DeclaredFleet:
    """What the resources of a fleet give the slot."""

    revision: pulumi.Input[str | None]
    """What names its build, such as the id of its image; `None` where the stack has none."""


NOTHING_DECLARED = DeclaredFleet(None)


@dataclass(frozen=True, slots=True)
class FleetPlace:
    """Where the resources of a fleet belong."""

    parent: pulumi.Resource
    name: str
    """The logical name, such as `web-02`."""
    context: Context
    placement: Placement
    service: ServiceSettings
    slot: Slot
    target_group_arn: pulumi.Input[str]
    target_group_arn_suffix: pulumi.Input[str]
    """The target group, as CloudWatch names it."""


class Kind(ABC):
    """A kind of fleet. Everything but its words and its config keys is imported when it is used."""

    key: ClassVar[str]
    """Its key in a slot's map and in the stack's outputs: the name of its folder, in camel case."""
    noun: ClassVar[str]
    absent: ClassVar[str]
    has_templates: ClassVar[bool]
    theirs: ClassVar[str]
    """A fleet of the kind that the stack does not make, as messages name it."""
    has_instance_access: ClassVar[bool] = False
    """Whether the stack opens a security group for its instances, made now or later."""
    target_types: ClassVar[frozenset[str]]
    """The types of existing target groups that it can fill. Source: ELBv2 API, TargetTypeEnum."""

    # The words.

    @abstractmethod
    def wants(self, fleet: Fleet) -> str:
        """How many members the fleet is to have: `its group wants 3`."""

    def launches(self, fleet: Fleet) -> str:
        """What new members are made from: `its group launches version 4`."""
        return f"new ones run {fleet.pinned}"

    @abstractmethod
    def grown(self, fleet: Fleet, needed: int) -> str:
        """What a person types, or does, so that the fleet has `needed` members."""

    def restored(self, service: str, slot: Slot, was: Revision) -> str:
        """The command that puts an earlier revision back into the config; empty for none."""
        del service, slot, was
        return ""

    def holding(self, service: str, slot: Slot) -> str:
        """The command that lets a ramp hold a fleet of the team's; empty where none can be held."""
        del service, slot
        return ""

    # The config.

    @property
    @abstractmethod
    def member(self) -> Member:
        """Its key, or its map of keys, in a slot's map."""

    @abstractmethod
    def read_settings(self, sections: SlotSections) -> FleetSettings:
        """The fleet of a slot that is of this kind; problems are recorded in the sections."""

    def is_made(self, settings: FleetSettings) -> bool:
        """Whether the stack makes the fleet, so that the images and capacity of the config hold."""
        del settings
        return False

    def check(self, settings: FleetSettings, target_group_arn: str, sections: SlotSections) -> None:
        """Record what AWS has against it; `sections.lookups` are there. Nothing by default."""
        del settings, target_group_arn, sections

    def check_network(
        self, settings: FleetSettings, sections: SlotSections, vpc_id: str | None
    ) -> None:
        """Record what cannot be in the VPC of the network; nothing by default.

        `vpc_id` is `None` for a VPC that is yet to be created.
        """
        del settings, sections, vpc_id

    def notes(self, settings: FleetSettings) -> Sequence[str]:
        """What a preview reports of the settings, each in words: nothing that stops an update."""
        del settings
        return ()

    def owned_name(self, settings: FleetSettings) -> tuple[KeyGroup[Any], Key[Any], str] | None:
        """What names a resource that two slots may not share; `None` for nothing."""
        del settings
        return None

    @abstractmethod
    def wanted(
        self, settings: FleetSettings, environment: str, service: ServiceSettings, slot: Slot
    ) -> WantedFleet:
        """The fleet in the form that the guards judge."""

    def makes(self, slot: Mapping[str, Any]) -> bool:
        """Whether the stack makes the fleet, by the slot's own map as the stack file has it."""
        del slot
        return False

    def writes_floor(self, slot: Mapping[str, Any]) -> bool:
        """Whether a ramp holds a fleet that the stack only names, by the slot's own map."""
        del slot
        return False

    # AWS and the engine.

    @abstractmethod
    def reader(self, clients: Clients) -> FleetReader:
        """A reader that keeps what it has found, for as long as it lives."""

    def set_floor(self, clients: Clients, fleet: Fleet, floor: int | None) -> None:
        """Hold a fleet at `floor` in AWS, or give it back the minimum that it had.

        Only a fleet is held whose slot `writes_floor`. What it had is kept in AWS, so any process
        can give it back.

        Args:
            clients: The clients of AWS.
            fleet: As it was read a moment ago.
            floor: The least number of members; `None` for what it had.

        Raises:
            LiveError: AWS cannot be read, or refuses.
        """
        raise AssertionError(f"{self.key} holds no floor ({clients.region}: {fleet.name}, {floor})")

    def declare(self, settings: FleetSettings, place: FleetPlace) -> DeclaredFleet:
        """Declare the resources that the stack makes of it; none by default."""
        del settings, place
        return NOTHING_DECLARED

    def recorded(self, name: str, resources: Resources) -> WantedFleet | None:
        """What the stack recorded of a fleet; `None` where it declared none of this kind."""
        del name, resources
        return None
