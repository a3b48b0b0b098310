"""The gate `alarms` in the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from settings.gates.limits import GateLimits


@dataclass(frozen=True)
class AlarmsLimits(GateLimits):
    """The alarms of the stack: none may fire."""

    name: ClassVar[str] = "alarms"
    what: ClassVar[str] = "The alarms of the stack: none may fire."
