"""What the last update left, by the stack's state, and who ramps, by its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeVar

from ops.plan.resource_step import Operation, ResourceStep
from ops.plan.service_plan import service_plans
from ops.stack.aws_config import read_aws_config
from ops.stack.errors import StackError
from ops.stack.pulumi import Pulumi
from ops.status.errors import UnreadError
from rollout.split import Slot
from rollout.stack_identity import removed_everything

_STACK = "pulumi:pulumi:Stack"
_HISTORY_LENGTH = 50
"""Updates that are looked back at; a ramp has some twenty."""
_UPDATES = frozenset({"update", "import"})

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class StateReading:
    """The services in a stack's state."""

    outputs: Mapping[str, Any]
    """The outputs of the stack; empty before the first update."""
    weights: Mapping[str, str]
    """By service."""
    images: Mapping[tuple[str, Slot], str]

    @classmethod
    def of(cls, deployment: Mapping[str, Any]) -> StateReading:
        """Read a deployment, as `pulumi stack export` has it."""
        resources: Sequence[Mapping[str, Any]] = deployment.get("resources") or ()
        plans = service_plans([_step(resource) for resource in resources], {})
        outputs = next((r.get("outputs") for r in resources if r.get("type") == _STACK), None)
        return cls(
            outputs=outputs or {},
            weights={plan.name: plan.weights.before for plan in plans if plan.weights.before},
            images={
                (plan.name, slot.slot): slot.image.before
                for plan in plans
                for slot in plan.slots
                if slot.image.before
            },
        )


def read_state(pulumi: Pulumi) -> StateReading:
    """The stack's state, as its backend has it.

    Raises:
        UnreadError: no such stack, or the backend cannot be reached.
    """
    return StateReading.of(_asked(pulumi, "stack", "export").get("deployment") or {})


def read_provider_config(pulumi: Pulumi) -> dict[str, str]:
    """The stack's `aws:` config by bare names.

    Raises:
        UnreadError: the CLI cannot read it, or the passphrase is wrong.
    """
    return _read(lambda: read_aws_config(pulumi))


def read_messages(pulumi: Pulumi) -> tuple[str, ...]:
    """The messages of the newest updates, the newest first.

    Raises:
        UnreadError: no such stack, or the backend cannot be reached.
    """
    found = _asked(pulumi, "stack", "history", "--json", "--page-size", str(_HISTORY_LENGTH))
    of_this_life = takewhile(_is_of_this_life, found)
    return tuple(
        str(past.get("message", "")) for past in of_this_life if past.get("kind") in _UPDATES
    )


def _is_of_this_life(past: Mapping[str, Any]) -> bool:
    kind, result = str(past.get("kind")), str(past.get("result"))
    same = (past.get("resourceChanges") or {}).get("same", 0)
    return not removed_everything(kind, result, same)


def _asked(pulumi: Pulumi, *arguments: str) -> Any:
    return _read(lambda: pulumi.document(*arguments))


def _read(read: Callable[[], _Found]) -> _Found:
    try:
        return read()
    except StackError as error:
        raise UnreadError(" ".join(str(error).split())) from error


def _step(resource: Mapping[str, Any]) -> ResourceStep:
    inputs = resource.get("inputs") or {}
    return ResourceStep(
        urn=str(resource.get("urn", "")),
        operation=Operation.SAME,
        old_inputs=inputs,
        old_outputs=resource.get("outputs") or {},
        new_inputs=inputs,
        parent=str(resource.get("parent") or ""),
    )
