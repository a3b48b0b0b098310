"""The gate `targets` in the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from settings.gates.limits import GateLimits


@dataclass(frozen=True)
class TargetsLimits(GateLimits):
    """Health of the targets of both slots."""

    name: ClassVar[str] = "targets"
    what: ClassVar[str] = "Health of the targets of both slots."
    is_default: ClassVar[bool] = True
