"""What a preview would do to one resource, with what it was and what it would be."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_cli.errors import EventStreamError
from pulumi_cli.events import Event
from rollout.json_value import list_of, map_of


class Operation(enum.StrEnum):
    """What happens to a resource, in the engine's words."""

    SAME = "same"
    CREATE = "create"
    IMPORT = "import"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"

    @property
    def past(self) -> str:
        """`created`, `imported`: what it would be."""
        return f"{self}d" if self.endswith("e") else f"{self}ed"


_OPERATIONS = {
    "same": Operation.SAME,
    "read": Operation.SAME,
    "read-replacement": Operation.SAME,
    "refresh": Operation.SAME,
    "discard": Operation.SAME,
    "discard-replaced": Operation.SAME,
    "remove-pending-replace": Operation.SAME,
    "create": Operation.CREATE,
    "import": Operation.IMPORT,
    "update": Operation.UPDATE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "import-replacement": Operation.REPLACE,
    "delete": Operation.DELETE,
}
_URN_SEPARATORS = 3
_AWS_WORDS = {
    "aws:autoscaling/group:Group": "Auto Scaling group",
    "aws:autoscaling/policy:Policy": "scaling policy",
}
_WEIGHTIEST_LAST = tuple(Operation)


@dataclass(frozen=True, slots=True)
class ResourceStep:
    """One resource of the stack, changed or not."""

    urn: str
    operation: Operation
    old_inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    old_outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    new_inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    changed_paths: tuple[str, ...] = ()
    """The properties that change, such as `actions[0].forward.targetGroups[1].weight`."""
    parent: str = ""
    """The URN of the component that declares it."""
    is_protected: bool = False
    """Whether the engine refuses to delete or replace it; of the state, not of the program."""

    @property
    def type_token(self) -> str:
        """`aws:lb/listenerRule:ListenerRule`; the type of the resource itself, not its parents."""
        return self.urn.split("::")[2].split("$")[-1]

    @property
    def type_name(self) -> str:
        """`listener rule`: the last part of the type, in words."""
        if self.type_token in _AWS_WORDS:
            return _AWS_WORDS[self.type_token]
        words = "".join(
            f" {character.lower()}" if character.isupper() else character
            for character in self.type_token.split(":")[-1]
        )
        return words.strip()

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.split("::")[-1]

    @property
    def is_change(self) -> bool:
        """Whether anything happens to it."""
        return self.operation is not Operation.SAME


def resource_steps(events: Iterable[Event]) -> tuple[ResourceStep, ...]:
    """One step per resource, in the stream's order.

    A replacement arrives as three events on one resource, of which the weightiest counts.

    Raises:
        EventStreamError: an operation that is not known here.
    """
    steps: dict[str, ResourceStep] = {}
    for event in events:
        if event.kind != "resourcePreEvent":
            continue
        step = _step(event.body.get("metadata") or {})
        known = steps.get(step.urn)
        if known is None or _is_weightier(step, known):
            steps[step.urn] = step
    return tuple(steps.values())


def _is_weightier(step: ResourceStep, known: ResourceStep) -> bool:
    rank = _WEIGHTIEST_LAST.index
    if step.operation is known.operation:
        return bool(step.changed_paths) and not known.changed_paths
    return rank(step.operation) > rank(known.operation)


def _step(metadata: Mapping[str, Any]) -> ResourceStep:
    operation = _OPERATIONS.get(str(metadata.get("op")))
    urn = str(metadata.get("urn", ""))
    if operation is None or urn.count("::") < _URN_SEPARATORS:
        raise EventStreamError(
            f"the engine would do {metadata.get('op')!r} to {urn!r}, which this version of "
            "`failover plan` does not know; run `pulumi preview` to see it"
        )
    old, new = map_of(metadata.get("old")), map_of(metadata.get("new"))
    paths = map_of(metadata.get("detailedDiff")) or list_of(metadata.get("diffs"))
    return ResourceStep(
        urn=urn,
        operation=operation,
        old_inputs=map_of(old.get("inputs")),
        old_outputs=map_of(old.get("outputs")),
        new_inputs=map_of(new.get("inputs")),
        changed_paths=tuple(sorted(paths)),
        parent=str(new.get("parent") or old.get("parent") or ""),
        is_protected=bool(old.get("protect")),
    )
