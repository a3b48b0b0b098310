"""What the gates need to know of a stack, from its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from live.address import ServiceAddress
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class StackFacts:
    """A stack, as far as gates ask about it."""

    listener_arn: str
    urls: Mapping[str, str]
    """Service -> an address of it."""
    images: Mapping[str, Mapping[Slot, str]]
    addresses: tuple[ServiceAddress, ...]
    preview_headers: Mapping[Slot, str] = field(repr=False)
    """`Name: value`, by which a request reaches a slot whatever its weight; secret."""
    connect_to: Mapping[str, str] = field(default_factory=dict[str, str])
    """Service -> `host[:port]` to connect to instead of the address in DNS, where there is one."""

    @classmethod
    def of_outputs(cls, outputs: Mapping[str, Any]) -> StackFacts:
        """Read the outputs, secrets shown.

        Raises:
            KeyError: an output that the program exports is not there: the stack was never updated
                by it.
        """
        services = outputs["services"]
        return cls(
            listener_arn=outputs["listenerArn"],
            urls=dict(outputs["urls"]),
            images={
                name: {slot: image for slot in Slot if (image := found["images"][slot.value])}
                for name, found in services.items()
            },
            addresses=ServiceAddress.of_outputs(services),
            preview_headers={slot: outputs["previewHeaders"][slot.value] for slot in Slot},
        )
