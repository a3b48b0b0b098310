"""A voice of the guards that is kept."""

from __future__ import annotations

import asyncio

from rollout.notice import Notice


class Heard:
    """What the guards have said."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.heard = asyncio.Event()

    def say(self, notice: Notice, urn: str = "") -> None:
        self.notices.append(notice)
        self.heard.set()
