"""A time as journals and history messages have it: ISO 8601 in UTC, ending in `Z`."""

from __future__ import annotations

import datetime


def timestamp(at: datetime.datetime, timespec: str = "milliseconds") -> str:
    """`2026-11-21T09:00:00.123Z`."""
    return at.astimezone(datetime.UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def read_timestamp(text: str) -> datetime.datetime:
    """The time that `timestamp` wrote, in UTC.

    Raises:
        ValueError: `text` is not a time, or has no zone.
    """
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at.astimezone(datetime.UTC)
