"""A resource in AWS: created, changed in place, and read back in the form of its inputs.

AWS returns sets in an order of its own, and documents in a spelling of its own. Read back, they are
put in the inputs' order and spelling, so that only what differs is seen to differ.

An engine that is killed reports nothing: what it was creating stays in AWS, and its state has no
more than a pending creation. The official provider neither deletes such a resource nor gives it to
the next engine, and neither does this one: the next creation of the name meets AWS's own refusal.
Source: measured with terraform-provider-aws (BucketAlreadyExists and its like).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.provider.call import ProviderCall
from rehearsal.provider.diff import (
    PropertyDifference,
    is_at_rest,
    is_same,
    is_same_scalar,
    is_unset,
)
from rehearsal.provider.errors import ProviderError, described
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
from rollout.json_value import is_list, is_map, list_of, map_of

log = logging.getLogger("rehearsal.provider")


def apply_changes(
    call: ProviderCall,
    kind: ResourceType,
    resource_id: str,
    old: Values,
    new: Values,
    found: list[PropertyDifference],
) -> None:
    """Carry out the changes: tags by the family's tag calls, the rest by the type's own update."""
    changed = {change.top_level for change in found}
    if kind.tagging is not None and "tags" in changed:
        before, after = map_of(old.get("tags")), map_of(new.get("tags"))
        removed = sorted(before.keys() - after.keys())
        if removed:
            kind.tagging.remove(call, resource_id, removed)
        added = {key: value for key, value in after.items() if before.get(key) != value}
        if added:
            kind.tagging.add(call, resource_id, added)
        changed.discard("tags")
    if changed and kind.update is not None:
        kind.update(call, resource_id, old, without_defaults_key(new), frozenset(changed))


def read_back(call: ProviderCall, kind: ResourceType, resource_id: str, inputs: Values) -> Values:
    """What AWS holds after a change, in the inputs' form.

    Raises:
        ProviderError: AWS does not know the resource.
    """
    state = read_fitted(call, kind, resource_id, inputs)
    if state is None:
        raise ProviderError(f"{kind.token} {resource_id}: AWS does not know it after the change")
    return state


class UnfinishedError(ProviderError):
    """The resource exists, but not all of its creation came through; the engine keeps it."""

    def __init__(self, resource_id: str, state: Values, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.state = state


def created(call: ProviderCall, kind: ResourceType, inputs: Values) -> tuple[str, Values]:
    """Make the resource; its id and its state.

    Raises:
        UnfinishedError: it exists, but an attribute or a wait failed.
    """
    declared = without_defaults_key(inputs)
    resource_id = kind.create(call, declared)
    try:
        if kind.settle is not None:
            kind.settle(call, resource_id, declared)
        return resource_id, read_back(call, kind, resource_id, inputs)
    except Exception as error:
        reason = f"{resource_id} was created, but: {described(error)}"
        state = _as_far_as_known(call, kind, resource_id, inputs)
        raise UnfinishedError(resource_id, state, reason) from error


def _as_far_as_known(
    call: ProviderCall, kind: ResourceType, resource_id: str, inputs: Values
) -> Values:
    """The state of an unfinished resource; if AWS does not return it either, its inputs."""
    try:
        return read_back(call, kind, resource_id, inputs)
    except (ProviderError, ClientError, BotoCoreError) as error:
        log.warning("%s cannot be read: %s", resource_id, described(error))
        return {"id": resource_id, **without_defaults_key(inputs)}


def read_fitted(
    call: ProviderCall, kind: ResourceType, resource_id: str, inputs: Values
) -> Values | None:
    """What AWS holds of a resource, in the form of these inputs; None when it is gone."""
    shown = kind.read(call, resource_id)
    if shown is None:
        return None
    state = {"id": resource_id, "region": call.aws.region, **shown}
    if kind.tagging is not None:
        state["tagsAll"] = state.get("tags") or {}
    return fitted(kind, state, inputs)


def fitted(kind: ResourceType, state: Values, inputs: Values) -> Values:
    """The state in the form of the inputs, with the inputs that only the provider keeps."""
    if kind.as_declared is not None:
        state = kind.as_declared(state, inputs)
    result = dict(state)
    for name, entry in kind.properties.items():
        if entry.provider_only:
            result[name] = without_defaults_key(inputs.get(name, entry.default))
        elif name in state:
            result[name] = _aligned(entry.kind, state[name], inputs.get(name))
    return {name: value for name, value in result.items() if value is not None}


def _aligned(kind: Kind, value: Any, like: Any) -> Any:
    if value is None or like is None:
        return value
    if isinstance(kind, Scalar):
        return like if is_same_scalar(kind, value, like) else value
    if isinstance(kind, Block):
        if not is_map(like):
            return value
        return {
            name: _aligned(kind.properties[name].kind, item, like.get(name))
            if name in kind.properties
            else item
            for name, item in value.items()
            if item is not None
        }
    if isinstance(kind, MapOf):
        return {k: _aligned(kind.element, v, map_of(like).get(k)) for k, v in value.items()}
    return [_aligned(kind.element, item, old) for item, old in pairs(kind, value, like)]


def pairs(kind: SchemaListOf | SetOf, values: list[Any], likes: Any) -> list[tuple[Any, Any]]:
    """Each element beside the declared element that it is, in the declared order.

    In a set an element is the declared one that it equals, else the one it resembles most.
    """
    likes = list_of(likes)
    if isinstance(kind, SchemaListOf):
        return [(v, likes[at] if at < len(likes) else None) for at, v in enumerate(values)]
    left = list(values)
    placed: dict[int, Any] = {}
    for at, like in enumerate(likes):
        found = next((v for v in left if is_same(kind.element, v, like)), None)
        if found is not None:
            placed[at] = found
            left.remove(found)
    for at, like in enumerate(likes):
        if at not in placed and left:
            best = max(left, key=lambda v, like=like: _resemblance(v, like))
            if _resemblance(best, like) > 0:
                placed[at] = best
                left.remove(best)
    ordered = [(placed[at], likes[at]) for at in sorted(placed)]
    return [*ordered, *((v, None) for v in sorted(left, key=repr))]


def _resemblance(left: Any, right: Any) -> int:
    """How many single values two values share."""
    if is_map(left) and is_map(right):
        return sum(_resemblance(left[key], right[key]) for key in left.keys() & right.keys())
    if is_list(left) and is_list(right):
        return sum(1 for item in left if item in right)
    return int(left == right)


def inputs_of(kind: ResourceType, state: Values, old_inputs: Values) -> Values:
    """The inputs that would make this state.

    Without old inputs (an import) everything that is not at its default; with them, what they
    declare, and beside it only what has left its default.
    """
    importing = not old_inputs
    return _block_inputs(kind.properties, state, old_inputs, importing=importing)


def _block_inputs(
    table: Mapping[str, Property], state: Values, old: Mapping[str, Any], *, importing: bool
) -> Values:
    inputs: Values = {}
    for name, entry in table.items():
        value = state.get(name)
        if value is None:
            continue
        if name not in old:
            silent = is_at_rest(entry, value) and not (entry.required and value is not None)
            if silent or (entry.computed and not importing):
                continue
            if entry.provider_only and importing:
                continue
        elif is_unset(value) and is_unset(old[name]):
            inputs[name] = old[name]
            continue
        inputs[name] = _kind_inputs(entry.kind, value, old.get(name), importing=importing)
    inputs[DEFAULTS_KEY] = [name for name in old.get(DEFAULTS_KEY, ()) if name in inputs]
    return inputs


def _kind_inputs(kind: Kind, value: Any, old: Any, *, importing: bool) -> Any:
    if isinstance(kind, Block):
        return _block_inputs(kind.properties, value, map_of(old), importing=importing)
    if isinstance(kind, MapOf):
        return {
            key: _kind_inputs(kind.element, item, map_of(old).get(key), importing=importing)
            for key, item in value.items()
        }
    if isinstance(kind, SchemaListOf | SetOf):
        return [
            _kind_inputs(kind.element, item, like, importing=importing)
            for item, like in pairs(kind, value, old)
        ]
    return value
