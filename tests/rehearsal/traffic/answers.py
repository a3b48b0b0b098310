"""Requests as a record tells them, for tests."""

from __future__ import annotations

import random
from dataclasses import replace

from rehearsal.traffic.run import ObservedAnswer

OK = ObservedAnswer("web", "kept", "ok", "01", "v1", 200, 0.0, None)


def answer(asked_s: float, slot: str | None = "01", service: str = "web") -> ObservedAnswer:
    return replace(OK, asked_s=asked_s, slot=slot, service=service)


def failed(asked_s: float) -> ObservedAnswer:
    return replace(
        OK, asked_s=asked_s, slot=None, status=502, verdict="failed", error="unexpected_status"
    )


def drawn(share: float, from_s: float, to_s: float, service: str = "web") -> list[ObservedAnswer]:
    """Hundred requests a second, each drawn by itself."""
    draw = random.Random(f"{share}{from_s}{service}")
    number = round((to_s - from_s) * 100)
    return [
        answer(from_s + k / 100, "02" if draw.random() < share else "01", service)
        for k in range(number)
    ]
