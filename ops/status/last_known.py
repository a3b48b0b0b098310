"""Where the services were when a command last knew, for a backend that does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ops.ramp.errors import BadInputError
from ops.ramp.stack.known import KnownStack
from ops.ramp.stack.opened import ramps_folder
from ops.status.errors import UnreadError
from pulumi_cli.backend import current_backend


def last_known(folder: Path, stack: str, environ: Mapping[str, str]) -> KnownStack:
    """What `failover ramp` wrote down in this folder.

    Raises:
        UnreadError: nothing was.
    """
    try:
        return KnownStack.read(ramps_folder(folder, stack), current_backend(folder, environ))
    except BadInputError as error:
        raise UnreadError(
            "the stack's state tells which rules are its own, and it could not be read"
        ) from error
