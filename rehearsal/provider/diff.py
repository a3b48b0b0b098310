"""What the new inputs change, compared with the old state, and the state that a preview shows.

The old side is the *state*, as with the Terraform bridge: what a refresh saw drift is set right by
the next `up`. Paths are Pulumi property paths (`actions[0].forward.targetGroups[1].weight`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from rehearsal.provider.table import (
    DEFAULTS_KEY,
    Block,
    Kind,
    MapOf,
    Property,
    ResourceType,
    Scalar,
    SchemaListOf,
    SetOf,
    Values,
    without_defaults_key,
)
from rehearsal.provider.wire import UNKNOWN
from rollout.json_value import is_map

ChangeKind: TypeAlias = Literal["add", "delete", "update"]

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class PropertyDifference:
    """One difference at one path."""

    path: str
    kind: ChangeKind
    replaces: bool = False

    @property
    def top_level(self) -> str:
        """The name of the input that it is in."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


def is_unset(value: Any) -> bool:
    """Whether a value equals absence: Terraform cannot distinguish a zero value from null."""
    return value is None or value is False or (not value and value is not UNKNOWN)


def _is_absent(value: Any) -> bool:
    """Whether a value is absent or an empty container; a zero, a false and a "" are values."""
    if is_map(value):
        return not value.keys() - {DEFAULTS_KEY}
    return value is None or value == []


def _child(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{escaped}"]'
    return f"{path}.{key}" if path else key


def changes(kind: ResourceType, state: Values, inputs: Values) -> list[PropertyDifference]:
    """Every difference between an old state and new inputs."""
    return [
        change
        for name, entry in kind.properties.items()
        for change in property_changes(entry, name, state.get(name), inputs.get(name))
    ]


def property_changes(
    entry: Property, path: str, old: Any, new: Any, *, replaces: bool = False
) -> list[PropertyDifference]:
    """The differences in one property; nothing declared means its default, or AWS's own choice."""
    replaces = replaces or entry.replaces
    if new is None:
        new = entry.default
    if new is UNKNOWN:
        return [PropertyDifference(path, "add" if is_unset(old) else "update", replaces)]
    absent = _is_absent(new)
    if absent and (entry.computed or is_at_rest(entry, old)):
        return []
    if is_unset(new) and is_unset(old):
        return []
    if absent:
        return [PropertyDifference(path, "delete", replaces)]
    if _is_absent(old):
        return [PropertyDifference(path, "add", replaces)]
    return list(_kind_changes(entry.kind, path, old, new, replaces))


def is_at_rest(entry: Property, value: Any) -> bool:
    """Whether a value is what AWS has when none is given: its default, all the way down."""
    if value == entry.default or (is_unset(value) and is_unset(entry.default)):
        return True
    if isinstance(entry.kind, Block) and is_map(value):
        inner = entry.kind.properties
        return all(
            is_at_rest(inner[name], item) or inner[name].computed
            for name, item in value.items()
            if name in inner
        )
    return False


def _kind_changes(
    kind: Kind, path: str, old: Any, new: Any, replaces: bool
) -> Iterator[PropertyDifference]:
    if new is UNKNOWN:
        yield PropertyDifference(path, "update", replaces)
    elif isinstance(kind, Scalar):
        if not is_same_scalar(kind, old, new):
            yield PropertyDifference(path, "update", replaces)
    elif isinstance(kind, Block):
        for name, entry in kind.properties.items():
            yield from property_changes(
                entry, _child(path, name), old.get(name), new.get(name), replaces=replaces
            )
    elif isinstance(kind, MapOf):
        yield from _map_changes(kind, path, old, new, replaces)
    elif isinstance(kind, SetOf):
        yield from _set_changes(kind, path, old, new, replaces)
    else:
        yield from _list_changes(kind, path, _by_place(old), _by_place(new), replaces)


def _by_place(values: list[Any]) -> dict[int, Any]:
    return dict(enumerate(values))


def is_same_scalar(kind: Scalar, old: Any, new: Any) -> bool:
    """Whether two single values mean the same."""
    return old == new or (kind.is_same is not None and kind.is_same(old, new))


def is_same(kind: Kind, old: Any, new: Any) -> bool:
    """Whether going from one value to the other changes nothing."""
    return next(_kind_changes(kind, "", old, new, replaces=False), None) is None


def _map_changes(
    kind: MapOf, path: str, old: Values, new: Values, replaces: bool
) -> Iterator[PropertyDifference]:
    for key in sorted(old.keys() | new.keys()):
        at = _child(path, key)
        if key not in new:
            yield PropertyDifference(at, "delete", replaces)
        elif key not in old:
            yield PropertyDifference(at, "add", replaces)
        else:
            yield from _kind_changes(kind.element, at, old[key], new[key], replaces)


def _list_changes(
    kind: SchemaListOf | SetOf, path: str, old: dict[int, Any], new: dict[int, Any], replaces: bool
) -> Iterator[PropertyDifference]:
    for index in sorted(old.keys() | new.keys()):
        at = f"{path}[{index}]"
        if index not in new:
            yield PropertyDifference(at, "delete", replaces)
        elif index not in old:
            yield PropertyDifference(at, "add", replaces)
        else:
            yield from _kind_changes(kind.element, at, old[index], new[index], replaces)


def _set_changes(
    kind: SetOf, path: str, old: list[Any], new: list[Any], replaces: bool
) -> Iterator[PropertyDifference]:
    """Equal elements cancel out wherever they stand; the rest is compared by position."""
    lost = {
        index: item
        for index, item in enumerate(old)
        if not any(is_same(kind.element, item, other) for other in new)
    }
    gained = {
        index: item
        for index, item in enumerate(new)
        if not any(is_same(kind.element, other, item) for other in old)
    }
    yield from _list_changes(kind, path, lost, gained, replaces)


def without_ignored(
    found: Iterable[PropertyDifference], ignored: Iterable[str]
) -> list[PropertyDifference]:
    """The changes that no `ignoreChanges` path covers."""
    paths = tuple(ignored)
    return [
        change
        for change in found
        if not any(
            change.path == path or change.path.startswith((f"{path}.", f"{path}["))
            for path in paths
        )
    ]


def created_state(kind: ResourceType, inputs: Values) -> Values:
    """The state of a resource to be: its inputs, and unknown all that AWS will choose."""
    state: Values = dict.fromkeys(kind.outputs, UNKNOWN)
    for name, entry in kind.properties.items():
        if name in inputs:
            state[name] = without_defaults_key(inputs[name])
        elif entry.computed:
            state[name] = UNKNOWN
    if kind.tagging is not None:
        state["tagsAll"] = state.get("tags", {})
    return state


def updated_state(
    kind: ResourceType, state: Values, inputs: Values, found: list[PropertyDifference]
) -> Values:
    """The state after an update: the old one with the inputs in it, unknown what they recompute."""
    after = dict(state)
    for name, entry in kind.properties.items():
        if name in inputs:
            after[name] = without_defaults_key(inputs[name])
        elif not entry.computed:
            after.pop(name, None)
    changed = frozenset(change.top_level for change in found)
    if kind.tagging is not None and "tags" in changed:
        after["tagsAll"] = after.get("tags", {})
    after.update(dict.fromkeys(kind.recomputed(changed, inputs), UNKNOWN))
    return after
