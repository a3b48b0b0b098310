"""The gate `approval` in the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from settings.gates.limits import GateLimits


@dataclass(frozen=True)
class ApprovalLimits(GateLimits):
    """A person's approval before each stage."""

    name: ClassVar[str] = "approval"
    what: ClassVar[str] = "A person's approval before each stage."
