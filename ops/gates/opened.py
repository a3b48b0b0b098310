"""The gates that a stack's config turns on, ready to be asked; and the traffic that they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ops.gates import alarms, approval, command, metrics, probe, smoke, targets
from ops.gates.context import GateContext, Places, StackFacts, connections
from ops.gates.gate import Gate
from ops.traffic.answer import SlotStream
from ops.traffic.plan import NO_SLOT_HEADER, TrafficPlan
from settings.gates.gates import Gates
from settings.gates.probe import ProbeLimits

RATE_WITHOUT_PROBE = 20.0
"""Requests a second that prove that a split has propagated, where no gate asks for traffic."""


class GateModule(Protocol):
    """What the module of a kind of gate has."""

    NAME: str
    """As the config spells the gate; what its limits in `settings.gates` are called."""

    def opened(self, limits: Any, context: GateContext, /) -> Gate:
        """The gate, ready to be asked.

        Raises:
            LiveError: no such profile, or no region.
        """
        ...


MODULES: tuple[GateModule, ...] = (targets, probe, smoke, metrics, alarms, command, approval)
"""Of every kind of gate."""


def opened_gates(gates: Gates, context: GateContext) -> list[Gate]:
    """Every gate that the config turns on, in the order in which they are shown.

    Raises:
        LiveError: no such profile, or no region.
    """
    modules = {module.NAME: module for module in MODULES}
    return [modules[limits.name].opened(limits, context) for limits in gates.limits]


def traffic_plan(
    gates: Gates, stack: StackFacts, services: Sequence[str], places: Places
) -> TrafficPlan:
    """The traffic that a ramp of `services` sends, with or without the gate `probe`.

    Its records are in `probe/` of the ramp's folder.
    """
    limits = gates.of(ProbeLimits)
    return TrafficPlan(
        urls={name: stack.urls[name] for name in services},
        headers={SlotStream.of(slot): header for slot, header in stack.preview_headers.items()},
        rate_per_second=limits.rate_per_second if limits else RATE_WITHOUT_PROBE,
        folder=places.ramp / "probe",
        route=places.way,
        routes=connections(stack, places.way),
        request_headers={
            name: stack.request_headers[name] for name in services if name in stack.request_headers
        },
        behind_a_login=tuple(name for name in services if name in stack.behind_a_login),
        slot_header=_slot_header(limits),
        timeout_seconds=limits.timeout_seconds if limits else 5,
    )


def _slot_header(limits: ProbeLimits | None) -> str:
    return (limits.slot_header if limits else "x-slot") or NO_SLOT_HEADER
