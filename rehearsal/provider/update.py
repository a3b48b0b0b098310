"""Changing a resource in place, and reading back what came of it."""

from __future__ import annotations

from rehearsal.provider.call import ProviderCall
from rehearsal.provider.defaults import without_defaults_key
from rehearsal.provider.diff import PropertyDifference
from rehearsal.provider.errors import ProviderError
from rehearsal.provider.refresh import read_fitted
from rehearsal.provider.table import ResourceType, Values


def apply(
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
        before, after = old.get("tags") or {}, new.get("tags") or {}
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
