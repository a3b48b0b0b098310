"""The ARNs of a service, from the stack's outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """The ARNs of a service."""

    service: str
    rule_arn: str
    target_group_arns: Mapping[Slot, str]

    @classmethod
    def of_outputs(cls, services: Mapping[str, Any]) -> tuple[ServiceAddress, ...]:
        """The addresses in the stack's output `services`, in the order of the names."""
        return tuple(
            cls(
                name,
                found["ruleArn"],
                {slot: found["targetGroupArns"][slot.value] for slot in Slot},
            )
            for name, found in sorted(services.items())
        )
