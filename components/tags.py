"""The tags that every resource carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class Tags:
    """What all resources of a stack have in common, to which each adds what it is."""

    environment: str
    common: Mapping[str, str]

    def of(self, name: str, service: str | None = None, slot: Slot | None = None) -> dict[str, str]:
        """The tags of one resource; `service` and `slot` where it belongs to one."""
        own = {"Name": name, "Environment": self.environment}
        if service is not None:
            own["Service"] = service
        if slot is not None:
            own["Slot"] = slot.value
        return {**self.common, **own}
