"""The errors of a drift.

DriftError              what the console changed cannot be told
└── DriftInputError     the stack's own config is in the way
"""

from __future__ import annotations

from typing import ClassVar


class DriftError(Exception):
    """What the console changed cannot be told; the text says why."""

    exit_code: ClassVar[int] = 3


class DriftInputError(DriftError):
    """The program refuses the config, or there is no stack file."""

    exit_code: ClassVar[int] = 2
