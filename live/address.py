"""The ARNs of a service, from the stack's outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollout.split import Slot

FLEETS = "fleets"
"""The key, in a service's part of the stack's output `services`, of the kinds of its fleets."""


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """The ARNs of a service."""

    service: str
    rule_arn: str
    target_group_arns: Mapping[Slot, str]
    kinds: Mapping[Slot, str] = field(default_factory=dict[Slot, str])
    """The kind of fleet of each slot, by its key; the default one where it has none."""

    @classmethod
    def of_outputs(cls, services: Mapping[str, Any]) -> tuple[ServiceAddress, ...]:
        """The addresses in the stack's output `services`, in the order of the names."""
        return tuple(
            cls(
                name,
                found["ruleArn"],
                {slot: found["targetGroupArns"][slot.value] for slot in Slot},
                {slot: kind for slot in Slot if (kind := found.get(FLEETS, {}).get(slot.value))},
            )
            for name, found in sorted(services.items())
        )
