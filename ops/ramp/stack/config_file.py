"""The values that a ramp changes in the stack file: read without the engine, written by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleets.kind import Kind
from fleets.registry import kind_in
from ops.ramp.errors import BadInputError
from ops.stack.stack_file import StackFileError, ours, read_config, read_text, value_at
from rollout.json_value import map_of
from rollout.split import Slot
from rollout.weights_key import configured_weights


@dataclass(frozen=True)
class StackFile:
    """The plain values of one stack file."""

    config: Mapping[str, Any]
    """Our namespace, by bare names; a provider's keys are not here."""

    @classmethod
    def read(cls, path: Path) -> StackFile:
        """Read `Pulumi.<stack>.yaml`.

        Raises:
            BadInputError: there is none, or it is not a stack file.
        """
        try:
            text = read_text(path)
            config = None if text is None else read_config(text, path.name)
        except StackFileError as error:
            raise BadInputError(str(error)) from error
        if text is None:
            raise BadInputError(f"there is no {path.name} in {path.parent}")
        if config is None:
            raise BadInputError(f"{path.name} has no config")
        return cls(ours(config))

    def services(self) -> frozenset[str]:
        """All services of the stack."""
        return frozenset(self._map("services"))

    def services_with_weights(self) -> frozenset[str]:
        """The services that have a split of their own."""
        return configured_weights(self.config).own

    def weights(self) -> dict[str, str]:
        """The split of every service as it is written; empty where there is none."""
        values = configured_weights(self.config).values
        return {name: "" if each is None else str(each) for name, each in values.items()}

    def owned_slots(self, service: str) -> frozenset[Slot]:
        """The slots whose fleet the stack makes, and whose min it so can set."""
        return frozenset(s for s, own in self._slots(service) if kind_in(own).makes(own))

    def held_slots(self, service: str) -> frozenset[Slot]:
        """The slots whose fleet the stack only names, and whose min a ramp raises in AWS."""
        return frozenset(s for s, own in self._slots(service) if kind_in(own).writes_floor(own))

    def unsized_slots(self, service: str) -> Mapping[Slot, Kind]:
        """The kind of each slot whose fleet the stack only names."""
        kinds = {slot: (kind_in(own), own) for slot, own in self._slots(service)}
        return {slot: kind for slot, (kind, own) in kinds.items() if not kind.makes(own)}

    def _slots(self, service: str) -> Iterator[tuple[Slot, Mapping[str, Any]]]:
        """Each slot with its own map."""
        slots = map_of(map_of(self._map("services").get(service)).get("slots"))
        yield from ((slot, map_of(slots.get(slot.value))) for slot in Slot)

    def floors(self, services: Iterable[str]) -> dict[str, dict[Slot, int]]:
        """The floors of these services, as far as there are any."""
        found: dict[str, dict[Slot, int]] = {}
        for service in services:
            floors = map_of(map_of(self._map("capacity").get(service)).get("floors"))
            if floors:
                found[service] = {Slot(str(slot)): int(n) for slot, n in floors.items()}
        return found

    def value(self, path: str) -> str | None:
        """What stands at a path as `pulumi config set --path` takes it; None where nothing does."""
        found = value_at(self.config, path)
        return None if found is None else str(found)

    def values(self, paths: Iterable[str]) -> dict[str, str | None]:
        """What stands at each path: what puts the file back."""
        return {path: self.value(path) for path in paths}

    def _map(self, key: str) -> Mapping[str, Any]:
        return map_of(self.config.get(key))
