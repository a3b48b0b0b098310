"""The error of a status: a source that cannot be read, while the others still can."""

from __future__ import annotations


class UnreadError(Exception):
    """One of the sources cannot be read; the text says why, for a person."""
