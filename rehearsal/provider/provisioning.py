"""Creates a resource, or changes it in place, and reads back what AWS then has.

An engine that is killed reports nothing: what it was creating stays in AWS, and its state has no
more than a pending creation. The official provider neither deletes such a resource nor gives it to
the next engine, and neither does this one: the next creation of the name meets AWS's own refusal.
Source: measured with terraform-provider-aws (BucketAlreadyExists and its like).
"""

from __future__ import annotations

import logging

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.provider.call import ProviderCall
from rehearsal.provider.diff import PropertyDifference
from rehearsal.provider.errors import ProviderError, described
from rehearsal.provider.refresh import read_fitted
from rehearsal.provider.table import ResourceType, Values, without_defaults_key
from rollout.json_value import map_of

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
