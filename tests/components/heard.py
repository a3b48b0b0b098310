"""A log of the guards that the tests read."""

from __future__ import annotations

import asyncio

from rollout.notice import Notice


class Heard:
    """The notices that the guards have reported."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.heard = asyncio.Event()

    def report(self, notice: Notice, urn: str = "") -> None:
        self.notices.append(notice)
        self.heard.set()
