"""What an adoption is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ops.adopt.questions import Ask, Flags


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for."""

    load_balancer: str
    stack: str
    folder: Path
    flags: Flags
    ask: Ask
    profile: str | None
    region: str | None
    replaces: bool
    applies: bool
    probe_rate: float
    probe_urls: tuple[str, ...]
