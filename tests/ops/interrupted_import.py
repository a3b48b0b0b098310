"""A module of a command that Ctrl-C ends while it is imported, as its first class is made."""

from __future__ import annotations


class Attribute:
    def __set_name__(self, owner: type, name: str) -> None:
        raise KeyboardInterrupt


class Interrupted:
    attribute = Attribute()
