"""Which API operations were asked for, by whom, and how often since a moment."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One request to the AWS API."""

    service: str
    """As a signature names it: `elasticloadbalancing`, `autoscaling`, `ec2`, `monitoring`, …"""
    operation: str
    """`ModifyRule`; of S3, which names none, the method: `GET`."""
    access_key_id: str
    """Who asks; empty where the request is not signed."""


class CallLog:
    """Every request to the AWS API since the start, in its order, answered well or not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[RecordedCall] = []
        self._known: dict[RecordedCall, RecordedCall] = {}

    def note(self, call: RecordedCall) -> None:
        """Take one more."""
        with self._lock:
            self._calls.append(self._known.setdefault(call, call))

    def since(self, mark: int, access_key_id: str | None = None) -> dict[str, Any]:
        """What was asked for after `mark`, as JSON can hold it, and the mark of now.

        Args:
            mark: From an earlier answer; 0 is the start.
            access_key_id: Count only what was signed with it.
        """
        with self._lock:
            found, now = self._calls[mark:], len(self._calls)
        if access_key_id is not None:
            found = [call for call in found if call.access_key_id == access_key_id]
        services: dict[str, Counter[str]] = {}
        for call in found:
            services.setdefault(call.service, Counter())[call.operation] += 1
        return {
            "mark": now,
            "total": len(found),
            "calls": dict(Counter(call.operation for call in found)),
            "services": {name: dict(counted) for name, counted in sorted(services.items())},
        }
