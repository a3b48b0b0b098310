"""The kind `jsonFile`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fleets.kind import FleetSettings, Kind, SlotSections
from rollout.fleet import Fleet, WantedFleet
from rollout.split import Slot
from settings.declaration.key import Key, KeyGroup, Member, required
from settings.declaration.kind import Text

if TYPE_CHECKING:
    from live.clients import Clients
    from live.reader import FleetReader
    from settings.service import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class JsonFileFleet(FleetSettings):
    """A file with a map of target groups, by their names."""

    path: Key[str] = required("fleet.json", Text(r".+\.json", "a JSON file"), "Where it is.")


_MAP: KeyGroup[JsonFileFleet] = KeyGroup("A fleet in a JSON file.", JsonFileFleet, name="jsonFile")


class JsonFileKind(Kind):
    """What a JSON file says of a target group."""

    key: ClassVar[str] = "jsonFile"
    noun: ClassVar[str] = "an entry of fleet.json"
    absent: ClassVar[str] = "the file has none for its target group"
    has_templates: ClassVar[bool] = False
    theirs: ClassVar[str] = "the fleet in a file"
    target_types: ClassVar[frozenset[str]] = frozenset({"instance"})

    def wants(self, fleet: Fleet) -> str:
        """The number in the file."""
        return f"the file wants {fleet.desired}"

    def grown(self, fleet: Fleet, needed: int) -> str:
        """A person edits the file."""
        return f"write {needed} into {fleet.name}"

    @property
    def member(self) -> Member:
        """A map with the file's path."""
        return _MAP

    def read_settings(self, sections: SlotSections) -> FleetSettings:
        """The path."""
        return JsonFileFleet.read(sections.own.section(_MAP))

    def wanted(
        self, settings: FleetSettings, environment: str, service: ServiceSettings, slot: Slot
    ) -> WantedFleet:
        """Only its name."""
        assert isinstance(settings, JsonFileFleet)
        return WantedFleet(self, settings.path)

    def reader(self, clients: Clients) -> FleetReader:
        """Reads the file of the working folder."""
        from fleets.json_file.reading import JsonFileReader

        return JsonFileReader(self, "fleet.json")


JSON_FILE = JsonFileKind()
