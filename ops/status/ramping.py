"""Who ramps, by the messages of the stack's updates."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import datetime

from ops.ramp.driver.processes import Processes
from ops.ramp.resume.lease import claim_of
from ops.status.document import Ramping
from rollout.history_message import current_lease
from rollout.lease import LeaseHolder

_NOBODY = LeaseHolder("-", socket.gethostname(), 0)
"""Status holds no lease, so no lease is its own; it sees the processes of this host."""


def read_ramping(messages: Sequence[str], now: datetime) -> Ramping | None:
    """The lease that stands, and whether its process lives where that can be seen.

    Args:
        messages: The newest first.
        now: By which a lease of another host has expired or not.
    """
    lease = current_lease(messages)
    if lease is None:
        return None
    return Ramping(lease, claim_of(lease, _NOBODY, now, Processes()))
