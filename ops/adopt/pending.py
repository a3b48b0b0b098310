"""What an adoption that was killed had begun to make: taken into the state, before it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from live.creations import made
from ops.errors import RefusedError
from ops.inspect.calls import Calls, reported
from ops.stack.pulumi import Pulumi
from rollout.pending_creation import foreign, pending_creations, repair, words_of


def brought_in(
    pulumi: Pulumi,
    calls: Calls,
    deployment: Mapping[str, Any],
    say: Callable[[str], None],
    *,
    applies: bool,
) -> Mapping[str, Any]:
    """The deployment without pending creations; where nothing may be changed, as it is.

    What is imported has the name and the tags that the update was making it with.

    Raises:
        RefusedError: something of such a name is somebody else's.
        InputError: AWS cannot be read.
        PulumiError: the import failed.
    """
    pending = pending_creations(deployment)
    if not pending:
        return deployment
    with reported():
        found = made(pending, calls.client)
    if foreign(found):
        raise RefusedError(words_of(pulumi.stack, found))
    if not applies:
        say(f"{words_of(pulumi.stack, found)}\n  or the same command with --apply, which does this")
        return deployment
    names = ", ".join(str(each.creation) for each in found)
    say(f"an update was killed while it made {names}: taking what is there into the state")
    for step in repair(pulumi.stack, found).steps:
        # The runner names the stack itself.
        pulumi.run(*(word for word in step[1:] if word not in ("--stack", pulumi.stack)))
    return pulumi.state()
