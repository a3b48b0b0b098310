"""What the gates of one run of the driver work with: facts of the stack, traffic, places, clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from live.address import ServiceAddress
from live.session import ProviderSession
from ops.traffic.answer import SlotAnswer
from ops.traffic.plan import ConnectionRoute
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
    request_headers: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, Mapping[str, str]], repr=False
    )
    """Service -> the headers that its rule asks of every request, where it asks for some."""
    behind_a_login: frozenset[str] = frozenset()
    """The services whose load balancer answers a request without a session itself."""

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


class AnswerSource(Protocol):
    """Where the answers come from: `ops.traffic.Traffic`."""

    @property
    def is_alive(self) -> bool:
        """Whether requests are still being sent."""
        ...

    def subscribe(self, listener: Callable[[Sequence[SlotAnswer]], None]) -> None:
        """Hand every batch to `listener`, in a thread of its own."""
        ...

    def stalled_seconds(self, since_s: float) -> float:
        """How long the prober itself did not run since then."""
        ...


@dataclass(frozen=True, slots=True)
class Places:
    """Where a ramp keeps things, and how it reaches the stack."""

    project: Path
    """The folder that commands run in."""
    ramp: Path
    """The ramp's own folder: approvals, records."""
    way: ConnectionRoute
    stack_option: tuple[str, ...] = ()
    """What a command ends with to act on the stack."""


@dataclass(frozen=True, slots=True)
class GateContext:
    """The stack, its AWS, its traffic, the folders and the clock."""

    stack: StackFacts
    session: ProviderSession
    traffic: AnswerSource | None
    """What the gate `probe` judges; it is there where that gate is on."""
    places: Places
    now: Callable[[], datetime]
    """The time of day, in UTC."""


def connections(stack: StackFacts, way: ConnectionRoute) -> dict[str, ConnectionRoute]:
    """The connections of the services that are not reached by the common one."""
    return {
        service: replace(way, address=address, is_beside=True)
        for service, address in stack.connect_to.items()
    }
