"""Entries as the lines of a journal have them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from rollout.entry import Entry, timestamp
from rollout.ramp_event import RampEvent


def entry(at: datetime, ramp: str, kind: type[RampEvent], facts: dict[str, Any]) -> Entry:
    """The entry that a line with these facts is."""
    head = {"at": timestamp(at), "ramp": ramp, "kind": kind.kind}
    return Entry.parse(json.dumps(head | facts))
