"""What a preview can say of a resource's state before AWS has acted."""

from __future__ import annotations

from rehearsal.provider.defaults import without_defaults_key
from rehearsal.provider.diff import PropertyDifference
from rehearsal.provider.table import ResourceType, Values
from rehearsal.provider.wire import UNKNOWN


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
