"""The creation of one resource, and what is left of it where it does not come to its end.

An engine that is killed leaves no word: what was being made for it stays in AWS, and its state has
no more than a pending creation. The real provider neither undoes it nor hands it to the next
engine, so this one does not: the next creation of the name meets AWS's own refusal.
Source: measured with terraform-provider-aws (BucketAlreadyExists and its like).
"""

from __future__ import annotations

import logging

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.provider.call import ProviderCall
from rehearsal.provider.defaults import without_defaults_key
from rehearsal.provider.errors import ProviderError, described
from rehearsal.provider.table import ResourceType, Values
from rehearsal.provider.update import read_back

log = logging.getLogger("rehearsal.provider")


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
    """The state of an unfinished resource; if AWS does not tell it either, its inputs."""
    try:
        return read_back(call, kind, resource_id, inputs)
    except (ProviderError, ClientError, BotoCoreError) as error:
        log.warning("%s cannot be read: %s", resource_id, described(error))
        return {"id": resource_id, **without_defaults_key(inputs)}
