"""The errors of a status.

StatusError
├── UnreadError   one of the sources cannot be read; the others still can
└── DriftError    what the console changed cannot be told
"""

from __future__ import annotations


class StatusError(Exception):
    """Base of every error here; its text is for a person."""


class UnreadError(StatusError):
    """One of the sources cannot be read."""


class DriftError(StatusError):
    """What the console changed cannot be told."""
