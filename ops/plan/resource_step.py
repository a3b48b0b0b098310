"""What a preview would do to one resource, property by property: what it was, what it would be."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_cli.errors import EventStreamError
from pulumi_cli.events import Event
from rollout.fleet import digest
from rollout.json_value import is_map, list_of, map_of


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
_COMPONENT = "failover:"
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
    new_outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of a component, once what is in it is declared."""
    parent: str = ""
    """The URN of the component that declares it."""
    is_protected: bool = False
    """Whether the engine refuses to delete or replace it; of the state, not of the program."""

    @property
    def type_token(self) -> str:
        """`aws:lb/listenerRule:ListenerRule`; the type of the resource itself, not its parents."""
        return self.urn.split("::")[2].split("$")[-1]

    @property
    def is_component(self) -> bool:
        """Whether it only groups others, and is not in AWS."""
        return self.type_token.startswith(_COMPONENT)

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
    outputs: dict[str, Mapping[str, Any]] = {}
    for event in events:
        metadata = map_of(event.body.get("metadata"))
        if event.kind == "resOutputsEvent" and metadata.get("op") != "refresh":
            outputs[str(metadata.get("urn"))] = map_of(map_of(metadata.get("new")).get("outputs"))
        if event.kind != "resourcePreEvent":
            continue
        step = _step(metadata)
        known = steps.get(step.urn)
        if known is None or _is_weightier(step, known):
            steps[step.urn] = step
    return tuple(
        replace(step, new_outputs=outputs.get(urn, {})) if step.is_component else step
        for urn, step in steps.items()
    )


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


SECRET = "[secret]"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which the engine marks special values. Source: Pulumi SDK, `sig.Key`."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's word for what is known after the update. Source: Pulumi SDK,
`plugin.UnknownStringValue`."""
_LONGEST = 80
_USER_DATA = "userData"
"""Long, and often with a secret in it, so only its hash and its size are shown."""
_PART = re.compile(r"\[\"((?:[^\"\\]|\\.)*)\"\]|\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property before and after; `None` where it is not there."""

    path: str
    before: str | None
    after: str | None


def property_changes(step: ResourceStep) -> tuple[PropertyChange, ...]:
    """What changes in a resource; nothing that was or is secret is shown."""
    return tuple(
        PropertyChange(
            path,
            _shown(value_before(step, path), path),
            _shown(_at(step.new_inputs, path), path),
        )
        for path in step.changed_paths
    )


def value_before(step: ResourceStep, path: str) -> object:
    """What the property at `path` was, a secret as the engine wraps it; `None` if not there."""
    return _at({**step.old_outputs, **step.old_inputs}, path)


def _at(properties: Mapping[str, Any], path: str) -> object:
    value: Any = properties
    for quoted, index, key in _PART.findall(path):
        if is_map(value) and _SIGNATURE in value:
            return value
        if index:
            value = next(iter(list_of(value)[int(index) :]), None)
        else:
            value = map_of(value).get(quoted or key)
        if value is None:
            return None
    return value


def _shown(value: object, path: str) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    if _SIGNATURE in text or SECRET in text:
        return SECRET
    if UNKNOWN in text:
        return "known after the update"
    if path == _USER_DATA:
        return digest(text)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{len(text)} characters"
