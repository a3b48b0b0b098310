"""The kind `registered`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fleets.kind import FleetSettings, Kind, SlotSections
from rollout.command import Command
from rollout.fleet import Fleet, WantedFleet
from rollout.split import Slot
from settings.declaration.key import Key, Member, optional
from settings.declaration.kind import Switch
from settings.image import reject_idle_image

if TYPE_CHECKING:
    from live.clients import Clients
    from live.reader import FleetReader
    from settings.service import ServiceSettings

REGISTERED_KEY: Key[bool | None] = optional(
    True,
    Switch(),
    "The targets of this slot are registered outside the stack: by hand, by a script, by another "
    "tool. They are not changed, and a ramp waits until there are enough.",
    name="registered",
)


@dataclass(frozen=True)
class RegisteredTargets(FleetSettings):
    """Targets that are registered outside the stack, so they have no config."""


class RegisteredKind(Kind):
    """Targets that are registered outside the stack: EC2 instances or IP addresses.

    AWS does not report how many there should be or what they run, so all that are registered
    count as wanted, and the revision is unknown.
    """

    key: ClassVar[str] = "registered"
    noun: ClassVar[str] = "registered targets"
    absent: ClassVar[str] = "its target group could not be read"
    has_templates: ClassVar[bool] = False
    theirs: ClassVar[str] = "the registered targets"
    target_types: ClassVar[frozenset[str]] = frozenset({"instance", "ip"})

    def wants(self, fleet: Fleet) -> str:
        """How many are registered."""
        return f"{fleet.desired} {'is' if fleet.desired == 1 else 'are'} registered"

    def grown(self, fleet: Fleet, needed: int) -> str:
        """The command that registers another target."""
        del needed
        registered = Command.of_aws(
            "elbv2",
            "register-targets",
            {"target-group-arn": fleet.name, "targets": "Id=TARGET_ID"},
            region=fleet.region,
        )
        return str(registered)

    @property
    def member(self) -> Member:
        """A switch: the targets have no config."""
        return REGISTERED_KEY

    def read_settings(self, sections: SlotSections) -> FleetSettings:
        """Nothing to read; an image of the slot would do nothing."""
        reject_idle_image(sections.images, sections.slot, f"{self.theirs} of slot {sections.slot}")
        return RegisteredTargets()

    def wanted(
        self, settings: FleetSettings, environment: str, service: ServiceSettings, slot: Slot
    ) -> WantedFleet:
        """Without name and size: the stack declares neither."""
        del settings, environment, service, slot
        return WantedFleet(self)

    def reader(self, clients: Clients) -> FleetReader:
        """Counts the targets of a slot; AWS is not asked again."""
        from fleets.registered.reading import RegisteredFleets

        del clients
        return RegisteredFleets(self)


REGISTERED = RegisteredKind()
