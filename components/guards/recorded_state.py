"""What the stack has recorded of its services, read from the engine as the program starts.

The state is the one from before this command: `pulumi up --refresh` changes it in memory only
(measured), so a refresh does not hide a change outside Pulumi.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi

from fleets.registry import KINDS
from live.address import ServiceAddress
from rollout.candidate import last_raised_in
from rollout.conditions import Conditions, declared_conditions
from rollout.errors import SplitError
from rollout.fleet import WantedFleet
from rollout.forward_action import declared_groups
from rollout.guard_case import Memory, WantedSlot
from rollout.json_value import map_of
from rollout.observation import split_of
from rollout.split import Slot, Split

_RULE = "aws:lb/listenerRule:ListenerRule"
_TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
_SLOT = "failover:index:Slot"


@dataclass(frozen=True, slots=True)
class RememberedService:
    """What the stack has recorded of one service."""

    address: ServiceAddress
    memory: Memory


@dataclass(frozen=True, slots=True)
class RememberedRule:
    """What the stack has recorded of one of its listener rules."""

    arn: str
    priority: int
    conditions: Conditions
    """Its hosts and paths."""


class RecordedEngine(Protocol):
    """What the guards read of the engine."""

    def stack_outputs(self) -> Mapping[str, Any]:
        """The outputs of the last completed update; empty before the first."""
        ...

    def resource_outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """The outputs of every resource in the state, by URN.

        Only if `stack_outputs` has any: the engine fails on a stack that never had a state.
        """
        ...


class RunningEngine:
    """The engine that runs this program. Source: Pulumi, the builtin provider's functions."""

    def __init__(self) -> None:
        """Read nothing yet; each answer is kept, since the state is the one before this command."""
        self._answers: dict[str, Mapping[str, Any]] = {}

    def stack_outputs(self) -> Mapping[str, Any]:
        """Calls `readStackOutputs`, which stack references use too."""
        return self._ask("pulumi:pulumi:readStackOutputs", "name")["outputs"]

    def resource_outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """Calls `readStackResourceOutputs`."""
        found = self._ask("pulumi:pulumi:readStackResourceOutputs", "stackName")["outputs"]
        return {urn: resource["outputs"] for urn, resource in found.items()}

    def _ask(self, function: str, argument: str) -> Mapping[str, Any]:
        if function not in self._answers:
            stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
            self._answers[function] = pulumi.runtime.invoke(function, {argument: stack}).value
        return self._answers[function]


def served_before(engine: RecordedEngine) -> dict[str, Slot | None]:
    """The services that had a rule at the last completed update, each with the slot raised last."""
    services = map_of(engine.stack_outputs().get("services"))
    return {name: last_raised_in(found) for name, found in services.items()}


def remembered_services(engine: RecordedEngine) -> dict[str, RememberedService]:
    """What the stack has recorded, by service; empty before its first completed update."""
    services = map_of(engine.stack_outputs().get("services"))
    if not services:
        return {}
    resources = {_named(urn): found for urn, found in engine.resource_outputs().items()}
    # A rule that a refresh found deleted is still in the outputs; the update creates it again.
    existing = {name: found for name, found in services.items() if (_RULE, name) in resources}
    return {
        address.service: RememberedService(
            address,
            Memory(
                recorded=_split(address, resources[_RULE, address.service]),
                last_applied=_parsed(services[address.service].get("weights", "")),
                last_intended=_last_intended(address, resources),
                slots={slot: _slot(address, slot, resources) for slot in Slot},
                last_raised=last_raised_in(services[address.service]),
            ),
        )
        for address in ServiceAddress.of_outputs(existing)
    }


def remembered_rules(engine: RecordedEngine) -> dict[str, RememberedRule]:
    """Every listener rule in the state, by its logical name; none before the first update."""
    if not engine.stack_outputs().get("services"):
        return {}
    found = {_named(urn): outputs for urn, outputs in engine.resource_outputs().items()}
    return {
        name: RememberedRule(
            outputs["arn"],
            int(outputs["priority"]),
            declared_conditions(outputs),
        )
        for (kind, name), outputs in found.items()
        if kind == _RULE and outputs.get("arn") and outputs.get("priority")
    }


def _named(urn: str) -> tuple[str, str]:
    """Type and logical name of a URN."""
    parts = urn.split("::")
    return parts[2].rsplit("$", 1)[-1], parts[-1]


def _parsed(text: str) -> Split | None:
    try:
        return Split.parse(text)
    except SplitError:
        return None  # A rule that was adopted with other weights; the live ones decide.


def _split(address: ServiceAddress, rule: Mapping[str, Any]) -> Split | None:
    weights = dict(declared_groups(rule))
    return split_of(*(weights.get(address.target_group_arns[slot], 0) for slot in Slot))


def _last_intended(
    address: ServiceAddress, resources: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Split | None:
    """The weights in the outputs of the slots, which are recorded before the rule moves."""
    found = [resources.get((_SLOT, f"{address.service}-{slot}"), {}) for slot in Slot]
    if not all("weight" in each for each in found):
        return None
    return split_of(*(int(each["weight"]) for each in found))


def _slot(
    address: ServiceAddress,
    slot: Slot,
    resources: Mapping[tuple[str, str], Mapping[str, Any]],
) -> WantedSlot:
    name = f"{address.service}-{slot}"
    found = (kind.recorded(name, resources) for kind in KINDS)
    return WantedSlot(
        target_group=address.target_group_arns[slot],
        fleet=next((fleet for fleet in found if fleet is not None), WantedFleet(None)),
        is_target_group_ours=(_TARGET_GROUP, name) in resources,
    )
