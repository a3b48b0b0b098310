"""Durations, rates and sizes as a person types them: `10m`, `1/5s`, `64KiB`."""

from __future__ import annotations

import math
import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_DURATION = re.compile(r"(?:(?:\d+(?:\.\d+)?)(?:ms|s|m|h|d))+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_SIZE = re.compile(r"(\d+)(|B|KiB|MiB|GiB)", re.ASCII)


def parse_duration_seconds(text: str) -> float:
    """Read `250ms`, `30s`, `10m`, `1h30m`; a bare number is seconds.

    Raises:
        ValueError: no duration, or none above 0.
    """
    if _NUMBER.fullmatch(text):
        seconds = float(text)
    elif _DURATION.fullmatch(text):
        parts = _DURATION_PART.findall(text)
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    else:
        raise ValueError(f"{text!r} is not a duration")
    if not 0 < seconds < math.inf:
        raise ValueError(f"{text!r} is not above 0")
    return seconds


def parse_rate_per_second(text: str) -> float:
    """Read `50` (a second), `0.2`, or a number over a duration: `1/5s`, `300/m`.

    Raises:
        ValueError: no rate, or none above 0.
    """
    number, slash, period = text.partition("/")
    if not _NUMBER.fullmatch(number):
        raise ValueError(f"{text!r} is not a rate")
    if period in _SECONDS:
        period = f"1{period}"
    rate = float(number) / (parse_duration_seconds(period) if slash else 1.0)
    if not 0 < rate < math.inf:
        raise ValueError(f"{text!r} is not above 0")
    return rate


def parse_size_bytes(text: str) -> int:
    """Read `65536`, `64KiB`, `1MiB`.

    Raises:
        ValueError: no size.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a size")
    return int(match[1]) * _BYTES[match[2]]


def duration_text(seconds: float) -> str:
    """A length of time for people: `20 ms`, `2.04 s`, `3 m 05 s`, `2 h 03 m`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} m {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m"
